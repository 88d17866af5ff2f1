"""Image classification: one label for an image."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from kerasrecipes.info import Info
from kerasrecipes.ranges import Penalty, Share
from kerasrecipes.recipe import Objective, Task

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


def objective(
    info: Info, *, mixup: Penalty = 0.0, cutmix: Penalty = 0.0, label_smoothing: Share = 0.0
) -> Objective:
    """Cross-entropy; of one-hot rows where labels are blended or smoothed.

    Args:
        info: metadata of the data.
        mixup: alpha of the beta distribution by which pairs of training images are blended; 0.2
            is usual, 0 is none.
        cutmix: likewise, of pairs of which one is pasted into a rectangle of the other; 1 is usual.
        label_smoothing: fraction of each label's probability that is spread over all classes.

    Returns:
        The objective for labels as `prepare_squares` gives them with these settings.
    """
    if not (mixup or cutmix or label_smoothing):
        return Objective(task="multiclass")
    import keras

    loss = partial(keras.losses.CategoricalCrossentropy, label_smoothing=label_smoothing)
    return Objective(task="multiclass_one_hot", loss=loss)
