"""Detection: the class and the box of each object of an image."""

from __future__ import annotations

from functools import partial
from typing import Any

from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.detection:detect",
    answers="kerasrecipes.inference.detection:answers",
    scores="kerasrecipes.inference.detection:scores",
    baseline="kerasrecipes.inference.detection:baseline",
    figures=("kerasrecipes.reports.detection:DETECTION_FIGURES",),
)

# Settings for photographs, which are few for what they show: mirrored, enlarged and reduced ones
# are others.
PHOTOGRAPHS = {
    "strides": (8, 16, 32),
    "pyramid_filters": 64,
    "tower_depth": 2,
    "flip": True,
    "zoom": 0.3,
    "brightness": 0.2,
    "batch_size": 8,
    "epochs": 40,
    "learning_rate": 1e-3,
}


def detection_objective(loss: Any, boxes: Any, gamma: float, alpha: float) -> Objective:
    """Return the objective of a dense detector.

    Args:
        loss: of the classes, `focal` or `crossentropy`.
        boxes: loss of the boxes, `giou`, `diou` or `iou`.
        gamma: exponent of the focal loss.
        alpha: weight of what is there in the focal loss.
    """
    # Settings are listed without a framework; these wait until a training begins.
    from kerasrecipes.losses.detection import DetectionLoss
    from kerasrecipes.metrics.box_overlap import BoxOverlap

    return Objective(
        loss=partial(DetectionLoss, loss, boxes, gamma, alpha),
        metrics=(BoxOverlap,),
        headline="ap50",
        best="max",
    )
