"""Image classification: one label for an image."""

from collections.abc import Mapping
from typing import Any

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.image_classification:classify",
    figures=("kerasrecipes.reports.image_classification:CLASSIFICATION_FIGURES",),
)

# A pretrained base is looked into as well, and may be trained in phases.
TRANSFER = Task(
    predict=TASK.predict,
    phases="kerasrecipes.training.fine_tuning:phases",
    figures=(*TASK.figures, "kerasrecipes.reports.image_features:SEEING_FIGURES"),
)


def on_small_images(**settings: Any) -> dict[str, Mapping[str, Any]]:
    """Return the same settings for each source of small images.

    Args:
        **settings: such as a size to enlarge them to, and a width, of a network for photographs.
    """
    return dict.fromkeys(("digits", "mnist", "fashion_mnist", "cifar10"), settings)
