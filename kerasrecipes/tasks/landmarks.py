"""Landmarks: the place of each of some named points of an image."""

from __future__ import annotations

from functools import partial
from typing import Any

from kerasrecipes.data.images.landmarks import LandmarkPreprocessor
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.landmarks:find_points",
    scores="kerasrecipes.inference.landmarks:scores",
    baseline="kerasrecipes.inference.landmarks:baseline",
    figures=("kerasrecipes.reports.landmarks:LANDMARK_FIGURES",),
)


def point_objective(info: Info, kind: Any) -> Objective:
    """Return the objective of points.

    Args:
        info: metadata of the data.
        kind: of the loss: `distance`, `squared` or `wing`.
    """
    # Settings are listed without a framework; these wait until a training begins.
    from kerasrecipes.losses.landmarks import PointLoss
    from kerasrecipes.metrics.landmarks import NormalizedMeanError

    between = LandmarkPreprocessor.of(info).between
    return Objective(
        loss=partial(PointLoss, kind),
        metrics=(partial(NormalizedMeanError, between),),
        headline="nme",
        best="min",
    )
