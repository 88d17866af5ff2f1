"""Image translation: a picture of another picture, or of labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasrecipes.info import Info
from kerasrecipes.ranges import Positive, Share
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.image_translation:translate",
    scores="kerasrecipes.inference.image_translation:scores",
    baseline="kerasrecipes.inference.image_translation:baseline",
    figures=("kerasrecipes.reports.image_translation:TRANSLATION_FIGURES",),
)


def objective(
    info: Info, *, discriminator_rate: Positive | None = None, beta_1: Share | None = 0.5
) -> Objective:
    """Give the discriminator a rate of its own, and both players less momentum.

    Args:
        info: metadata of the data.
        discriminator_rate: learning rate of the discriminator; by default the generator's.
        beta_1: momentum of Adam for both; 0.5 in the paper. None for an optimizer without it.

    Returns:
        The objective, whose headline is the segmenter's mean IoU where inputs are labels, else the
        sharpness.
    """
    both: Mapping[str, Any] = {} if beta_1 is None else {"beta_1": beta_1}
    own = {} if discriminator_rate is None else {"learning_rate": discriminator_rate}
    optimizers: dict[str, Mapping[str, Any]] = {
        "discriminator": {**both, **own},
        "generator": both,
        # Whatever is chosen for the game, what judges it learns as usual.
        "plain": {},
        "judge": {"optimizer": "adam", "learning_rate": 2e-3},
    }
    if not getattr(info.preprocessor, "palette", ()):
        optimizers.pop("judge")
        return Objective(headline="fine_detail", best="max", optimizers=optimizers)
    return Objective(headline="mean_iou", best="max", optimizers=optimizers)
