"""Image restoration: a whole image from what is left of it."""

from __future__ import annotations

from typing import Any, Literal

from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.image_restoration:restore",
    answers="kerasrecipes.inference.image_restoration:answers",
    scores="kerasrecipes.inference.image_restoration:scores",
    baseline="kerasrecipes.inference.image_restoration:baseline",
    snapshot="kerasrecipes.inference.image_restoration:snapshot",
    figures=("kerasrecipes.reports.image_restoration:RESTORATION_FIGURES",),
)


def pixel_objective(info: Info, *, loss: Literal["mse", "mae"] = "mse") -> Objective:
    """Return the objective of pixels from 0 to 1.

    Args:
        info: metadata of the data.
        loss: squared error, which PSNR is made of, or absolute error, which minds outliers less.
    """
    names = {"mse": "mean_squared_error", "mae": "mean_absolute_error"}
    return Objective(loss=names[loss], metrics=(_psnr,), headline="psnr", best="max")


def _psnr() -> Any:
    # Settings are listed without a framework; this waits until a training begins.
    from kerasrecipes.metrics.signal_to_noise import RestoredSignalToNoise

    return RestoredSignalToNoise()
