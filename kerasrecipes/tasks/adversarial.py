"""Adversarial generation: images from chance, judged by how near they are to real ones."""

from collections.abc import Mapping
from typing import Any

from kerasrecipes.data.dense_inputs import own_size
from kerasrecipes.data.examples import without_labels
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.info import Info
from kerasrecipes.ranges import Count, Positive, Share
from kerasrecipes.recipe import Objective, Splits, Task


def prepare(splits: Splits, *, image_size: Count | None = None) -> Splits:
    """Bring images to one size; classes stay where there are any, for the judge.

    Args:
        splits: what a source of images gave.
        image_size: height and width in pixels; by default the images' own, and 32 for files.

    Returns:
        Splits of uint8 `(examples, height, width, channels)`, 0 to 255.
    """
    found = prepare_images(splits, own_size(splits, image_size))
    return found if found.info.classes else found.map(without_labels)


def objective(
    info: Info, *, discriminator_rate: Positive | None = None, beta_1: Share | None = 0.5
) -> Objective:
    """Give the discriminator a rate of its own, and both networks less momentum.

    Args:
        info: metadata of the data.
        discriminator_rate: learning rate of the discriminator; by default the generator's.
        beta_1: momentum of Adam for both; 0.9, its default, lets them circle each other. None for
            an optimizer without it.

    Returns:
        The objective, whose headline is the Fréchet distance.
    """
    both: Mapping[str, Any] = {} if beta_1 is None else {"beta_1": beta_1}
    own = {} if discriminator_rate is None else {"learning_rate": discriminator_rate}
    return Objective(
        headline="frechet_distance",
        best="min",
        optimizers={
            "discriminator": {**both, **own},
            "generator": both,
            # The judge is an ordinary classifier, whatever is chosen for the game.
            "judge": {"optimizer": "adam", "learning_rate": 1e-3},
        },
    )


TASK = Task(
    prepare=prepare,
    predict="kerasrecipes.inference.adversarial:generate",
    scores="kerasrecipes.inference.adversarial:scores",
    baseline="kerasrecipes.inference.adversarial:gaussian_sampler",
    figures=("kerasrecipes.reports.adversarial:ADVERSARIAL_FIGURES",),
)
