"""Figures of a model that tells images apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.classification import Answers, answers, confidence, confusion_matrix
from kerasrecipes.reports.style import FAINT, MUTED, WIDTH, WRONG, curves, set_title, style

_COLUMNS, _MOST = 6, 18


@style()
def worst_mistakes(evaluation: Evaluation) -> Figure | None:
    """The most confident wrong answers: what was predicted, and the truth, each with its
    probability.
    """
    given = answers(evaluation)
    if given is None or given.right.all():
        return None
    wrong = np.flatnonzero(~given.right)
    chosen = wrong[np.argsort(-given.confidence[wrong], kind="stable")][:_MOST]
    images = pictures(evaluation.examples.take(chosen)[0])
    if images is None:
        return None
    rows = -(-len(chosen) // _COLUMNS)
    height = 0.45 + 1.4 * min(
        max(images.shape[1] / images.shape[2], 0.5), 2
    )  # inches, with two lines of text
    figure = Figure(figsize=(WIDTH, 0.4 + rows * height))
    for place, number in enumerate(chosen):
        _draw_mistake(figure.add_subplot(rows, _COLUMNS, place + 1), images[place], given, number)
    set_title(figure, _mistakes_title(len(chosen), len(wrong), len(given.right)))
    return figure


def _mistakes_title(shown: int, wrong: int, total: int) -> str:
    which = f"The {shown} most confident of" if shown < wrong else "All"
    return f"{which} {formatting.counted(wrong, 'mistake')} in {formatting.counted(total, 'image')}, the surest first"


def _draw_mistake(axes: Axes, image: np.ndarray, given: Answers, number: int) -> None:
    # Small drawings keep their pixels; photos are smoothed as they shrink.
    small = max(image.shape[:2]) <= 64
    axes.imshow(
        image, cmap="gray", vmin=0, vmax=1, interpolation="nearest" if small else "antialiased"
    )
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(visible=True, color=FAINT)
    row = given.probabilities[number]
    predicted, truth = given.predicted[number], given.truth[number]
    lines = [(predicted, "", WRONG, "bold", -4), (truth, "truth ", MUTED, "normal", -16)]
    for which, lead, color, weight, offset in lines:
        text = f"{lead}{formatting.shortened(given.names[which], 11)} · {_chance(row[which])}"
        at = {
            "xycoords": "axes fraction",
            "textcoords": "offset points",
            "ha": "center",
            "va": "top",
        }
        axes.annotate(text, (0.5, 0), (0, offset), color=color, weight=weight, fontsize=8.5, **at)


def _chance(probability: float) -> str:
    return (
        "<1%"
        if probability < 0.005
        else f"{100 * min(probability, 0.999):.0f}%"
        if probability < 0.995
        else ">99%"
    )


def pictures(inputs: Any) -> np.ndarray | None:
    """Find the images among a model's inputs and bring them to what can be drawn.

    Args:
        inputs: an array, or a dictionary or sequence of arrays of which one holds images,
            `(images, height, width)` or `(images, height, width, channels)`; values are bytes, from
            0 to 1, from 0 to 255, or centred on 0.

    Returns:
        `(images, height, width)` for gray and `(images, height, width, 3)` for colour, from 0 to 1;
        `None` if there are no images.
    """
    arrays = (
        inputs.values()
        if isinstance(inputs, dict)
        else inputs
        if isinstance(inputs, (tuple, list))
        else [inputs]
    )
    for array in map(np.asarray, arrays):
        if array.ndim == 4 or (array.ndim == 3 and min(array.shape[1:]) > 3):
            return _channels(_unit_range(array))
    return None


def _unit_range(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return array / 255.0
    array = np.nan_to_num(array.astype(np.float64))
    low, high = array.min(), array.max()
    if low >= 0 and high <= 255:
        return array / (255.0 if high > 1 else 1.0)
    return (array - low) / max(high - low, 1e-12)


def _channels(array: np.ndarray) -> np.ndarray:
    if array.ndim == 3 or array.shape[-1] == 1:
        return array.reshape(array.shape[:3])
    return array[..., :3] if array.shape[-1] in (3, 4) else array.mean(axis=-1)


CLASSIFICATION_FIGURES = (curves, confusion_matrix, worst_mistakes, confidence)
