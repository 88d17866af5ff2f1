"""Segmentation: a class for every pixel of an image."""

from __future__ import annotations

from functools import partial
from typing import Any

from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.segmentation:segment",
    answers="kerasrecipes.inference.segmentation:answers",
    scores="kerasrecipes.inference.segmentation:scores",
    baseline="kerasrecipes.inference.segmentation:baseline",
    figures=("kerasrecipes.reports.segmentation:SEGMENTATION_FIGURES",),
)

# Settings for photographs, which are few for what they show: mirrored and enlarged ones are others.
PHOTOGRAPHS = {"levels": 5, "epochs": 25, "batch_size": 16, "flip": True, "zoom": 0.3}


def pixel_objective(num_classes: int, loss: Any, gamma: float) -> Objective:
    """Return the objective of masks of which some pixels may be ignored.

    Args:
        num_classes: number of classes.
        loss: a kind of `kerasrecipes.losses.segmentation.PixelLoss`.
        gamma: exponent of the focal loss.
    """
    # Settings are listed without a framework; these wait until a training begins.
    from kerasrecipes.losses.segmentation import PixelLoss

    return Objective(
        loss=partial(PixelLoss, loss, gamma),
        metrics=(_accuracy, partial(_mean_iou, num_classes)),
        headline="mean_iou",
        best="max",
    )


def _accuracy() -> Any:
    import keras

    from kerasrecipes.metrics.labelled import LabelledMetric

    return LabelledMetric(keras.metrics.SparseCategoricalAccuracy("accuracy"), "classes")


def _mean_iou(num_classes: int) -> Any:
    import keras

    return keras.metrics.MeanIoU(num_classes, name="mean_iou", ignore_class=-1, sparse_y_pred=False)
