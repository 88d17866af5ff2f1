"""Figures of an image classifier."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.calibration import confidence
from kerasrecipes.reports.classification import Predictions, confusion_matrix, predictions
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import MUTED, WIDTH, WRONG, set_title, style

# Three rows at most.
_COLUMNS, _MOST = 6, 18


@style()
def worst_mistakes(evaluation: Evaluation) -> Figure | None:
    """The most confident mistakes: the predicted class and the true class, each with its
    probability.
    """
    given = predictions(evaluation)
    if given is None or given.right.all():
        return None
    wrong = np.flatnonzero(~given.right)
    # Stable, so that equal confidences keep the order of the split.
    chosen = wrong[np.argsort(-given.confidence[wrong], kind="stable")][:_MOST]
    images = displayable(evaluation.examples.take(chosen)[0])
    if images is None:
        return None
    rows = -(-len(chosen) // _COLUMNS)
    height = 0.45 + 1.4 * min(
        max(images.shape[1] / images.shape[2], 0.5), 2
    )  # inches, with two lines of text
    figure = Figure(figsize=(WIDTH, 0.4 + rows * height))
    for place, number in enumerate(chosen):
        _draw_mistake(figure.add_subplot(rows, _COLUMNS, place + 1), images[place], given, number)
    which = f"The {len(chosen)} most confident of" if len(chosen) < len(wrong) else "All"
    mistakes = formatting.counted(len(wrong), "mistake")
    total = formatting.counted(len(given.right), "image")
    set_title(figure, f"{which} {mistakes} in {total}, the most confident first")
    return figure


def _draw_mistake(axes: Axes, image: np.ndarray, given: Predictions, number: int) -> None:
    show(axes, image)
    row = given.probabilities[number]
    predicted, truth = given.predicted[number], given.truth[number]
    for which, lead, color, weight, below in (
        (predicted, "", WRONG, "bold", 4),
        (truth, "truth ", MUTED, "normal", 16),
    ):
        text = f"{lead}{formatting.shortened(given.names[which], 11)} · {_chance(row[which])}"
        write_below(axes, text, below, color, weight)


def _chance(probability: float) -> str:
    # Rounded to 0 or 100 %, a softmax would seem certain.
    return (
        "<1%"
        if probability < 0.005
        else f"{100 * min(probability, 0.999):.0f}%"
        if probability < 0.995
        else ">99%"
    )


CLASSIFICATION_FIGURES = (curves, confusion_matrix, worst_mistakes, confidence)
