"""Landmarks: the place of each of some named points of an image."""

from __future__ import annotations

from functools import partial
from typing import Literal

from kerasrecipes.data.images.landmarks import LandmarkPreprocessor
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.landmarks:find_points",
    scores="kerasrecipes.inference.landmarks:scores",
    baseline="kerasrecipes.inference.landmarks:baseline",
    figures=("kerasrecipes.reports.landmarks:LANDMARK_FIGURES",),
)


def num_points(info: Info) -> int:
    """Return the number of points.

    Args:
        info: metadata of the data.
    """
    return len(LandmarkPreprocessor.of(info).names)


def point_objective(
    info: Info, *, loss: Literal["distance", "squared", "wing"] = "distance"
) -> Objective:
    """Return the objective of points.

    Args:
        info: metadata of the data.
        loss: distance, squared, or wing, in which small errors count more.
    """
    # Settings are listed without a framework; these wait until a training begins.
    from kerasrecipes.losses.landmarks import PointLoss
    from kerasrecipes.metrics.landmarks import NormalizedMeanError

    between = LandmarkPreprocessor.of(info).between
    return Objective(
        loss=partial(PointLoss, loss),
        metrics=(partial(NormalizedMeanError, between),),
        headline="nme",
        best="min",
    )
