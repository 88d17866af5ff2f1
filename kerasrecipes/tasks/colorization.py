"""Colorization: the colours of a grey photograph."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from kerasrecipes.data.images.colorization import RANGE, ColourPreprocessor
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.colorization:colour",
    answers="kerasrecipes.inference.colorization:answers",
    scores="kerasrecipes.inference.colorization:scores",
    baseline="kerasrecipes.inference.colorization:baseline",
    snapshot="kerasrecipes.inference.colorization:snapshot",
    figures=("kerasrecipes.reports.colorization:COLOUR_FIGURES",),
)

_SPREAD = 5.0  # units of a and b over which the paper spreads a true colour


def colour_objective(
    info: Info, *, method: Literal["regression", "classification"] = "regression"
) -> Objective:
    """Return the objective of colours: squared error, or the choice of one of a palette.

    Args:
        info: metadata of the data, with the palette.
        method: regression gives the colour itself, classification a probability of each.
    """
    loss: Any = "mean_squared_error"
    if method == "classification":
        loss = partial(_palette_loss, ColourPreprocessor.of(info))
    return Objective(loss=loss, headline="psnr", best="max")


def _palette_loss(preprocessor: ColourPreprocessor) -> Any:
    # Settings are listed without a framework; this waits until a training begins.
    from kerasrecipes.losses.colour import PaletteCrossentropy

    palette = [(a / RANGE, b / RANGE) for a, b in preprocessor.palette]
    return PaletteCrossentropy(palette, preprocessor.weights, _SPREAD / RANGE)
