"""Figures of classifiers: their predictions and the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerasrecipes.metrics.classification import are_probabilities, both_classes, class_indices
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    PAPER,
    WIDTH,
    WRONG,
    set_title,
    style,
)

MATRIX_CLASSES = 50  # with more, the cells of a matrix are too small to read

_RIGHT_COLORS = LinearSegmentedColormap.from_list("right", [PAPER, "#cfe0f0", "#7fb0da"])
_WRONG_COLORS = LinearSegmentedColormap.from_list("wrong", [PAPER, "#fbd9c3", "#e98a53", WRONG])


@dataclass(frozen=True)
class Predictions:
    """A classifier's predictions beside the labels.

    Args:
        probabilities: `(examples, classes)`, each row summing to 1.
        truth: `(examples,)`, class indices.
        names: of the classes.
    """

    probabilities: np.ndarray
    truth: np.ndarray
    names: Sequence[str]

    @cached_property
    def predicted(self) -> np.ndarray:
        """Index of the most probable class, `(examples,)`."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """Probability of the predicted class, `(examples,)`."""
        return self.probabilities.max(axis=1)

    @cached_property
    def right(self) -> np.ndarray:
        """Whether each prediction is the label, `(examples,)`."""
        return self.predicted == self.truth

    @cached_property
    def counts(self) -> np.ndarray:
        """The confusion matrix, `(true class, predicted class)`."""
        size = len(self.names)
        # Each pair of classes is one number, so that a single bincount counts all cells.
        cells = np.bincount(self.truth * size + self.predicted, minlength=size * size)
        return cells.reshape(size, size)

    @property
    def score(self) -> str:
        """Accuracy as a text, such as `264 of 269 right (98.1 %)`."""
        share = percent(float(self.right.mean()))
        return f"{self.right.sum():,} of {len(self.right):,} right ({share})"


def predictions(evaluation: Evaluation) -> Predictions | None:
    """Return the predictions of a classifier with one class per example.

    Args:
        evaluation: outputs are `(examples, classes)` probabilities, or one probability of the
            second of two classes; labels are class indices or one-hot rows.

    Returns:
        The predictions; `None` if outputs or labels are of another kind, or there are none.
    """
    if not (hasattr(evaluation.outputs, "shape") and hasattr(evaluation.labels, "shape")):
        return None
    probabilities = both_classes(np.asarray(evaluation.outputs, dtype=np.float64))
    if probabilities is None or not are_probabilities(probabilities):
        return None
    truth = class_indices(np.asarray(evaluation.labels), probabilities.shape[1])
    if truth is None or len(truth) != len(probabilities):
        return None
    names = [str(name) for name in evaluation.info.classes or ()]
    if len(names) != probabilities.shape[1]:
        names = [str(number) for number in range(probabilities.shape[1])]
    return Predictions(probabilities, truth, names)


@style()
def confusion_matrix(evaluation: Evaluation) -> Figure | None:
    """Confusion matrix: the number of examples by true and predicted class, shaded by their share
    of the true class.
    """
    given = predictions(evaluation)
    if given is None:
        return None
    figure = _matrix(given) if len(given.names) <= MATRIX_CLASSES else _pairs(given)
    set_title(figure, _confusion_title(given))
    return figure


def _confusion_title(given: Predictions) -> str:
    wrong = given.counts - np.diag(np.diag(given.counts))
    if wrong.max() <= 1:
        return (
            f"{given.score}; no class was taken for another more than once"
            if wrong.any()
            else given.score
        )
    true, taken = np.unravel_index(wrong.argmax(), wrong.shape)
    a, b = (formatting.shortened(given.names[index], 18) for index in (true, taken))
    times = formatting.counted(int(wrong.max()), "time")
    return f"{given.score}; most often {a} was taken for {b}, {times}"


def _matrix(given: Predictions) -> Figure:
    size = len(given.names)
    # A class without examples gets a row of zeros, not of NaN.
    shares = given.counts / np.maximum(given.counts.sum(axis=1, keepdims=True), 1)
    side = WIDTH if size > 25 else min(WIDTH, 4.4 + 0.35 * size)
    figure = Figure(figsize=(side, side * 0.84))
    axes = figure.add_subplot()
    _shade(axes, shares)
    _write_counts(axes, given.counts, shares)
    names = [formatting.shortened(name, 18) for name in given.names]
    points = 8.5 if size <= 25 else 6.5
    # Long names side by side would run into one another.
    upright = max(map(len, names)) * size > 60
    axes.set_xticks(range(size), names, rotation=90 if upright else 0, fontsize=points)
    axes.set_yticks(range(size), names, fontsize=points)
    axes.set(
        xlabel="predicted class",
        ylabel="true class",
        xlim=(-0.5, size - 0.5),
        ylim=(size - 0.5, -0.5),
    )
    axes.grid(False)
    axes.spines[:].set_visible(False)
    return figure


def _shade(axes: Axes, shares: np.ndarray) -> None:
    """Colour right and wrong cells by scales of their own, so that few mistakes are seen beside
    many right answers.
    """
    diagonal = np.eye(len(shares), dtype=bool)
    # At least 5 %, so that the single mistakes of a good model stay pale.
    top = max(shares[~diagonal].max(initial=0), 0.05)
    # The square root sets small shares of mistakes apart.
    colors = np.where(
        diagonal[..., None], _RIGHT_COLORS(shares), _WRONG_COLORS(np.sqrt(shares / top))
    )
    axes.imshow(colors, aspect="auto", interpolation="nearest")
    edges = np.arange(len(shares) - 1) + 0.5
    axes.hlines(edges, -0.5, len(shares) - 0.5, color=FAINT, linewidth=0.6)
    axes.vlines(edges, -0.5, len(shares) - 0.5, color=FAINT, linewidth=0.6)


def _write_counts(axes: Axes, counts: np.ndarray, shares: np.ndarray) -> None:
    size = len(counts)
    both = size <= 12  # room for the share below the count
    # Beyond 60 % of the darkest shade, white digits are read more easily than black ones.
    strong = max(shares[~np.eye(size, dtype=bool)].max(initial=0), 0.05) * 0.6
    font: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "center"}
    for row, column in np.argwhere(counts):
        share = shares[row, column]
        font["color"] = PAPER if row != column and share > strong else INK
        # Cells shrink as classes are added, and the digits with them.
        points, weight = max(4.5, 10 - 0.13 * size), "normal" if row == column else "bold"
        text = f"{counts[row, column]:,}"
        axes.annotate(text, (column, row), (0, 5 * both), fontsize=points, weight=weight, **font)
        if both:
            # A decimal where whole percents would hide a rare mistake: below 10 % and just under
            # 100 %.
            digits = 0 if share == 1 or 0.095 < share < 0.995 else 1
            text = f"{100 * share:.{digits}f}%"
            axes.annotate(text, (column, row), (0, -8), fontsize=7, **font)


def _pairs(given: Predictions, most: int = 20) -> Figure:
    """Draw the most confused pairs as bars, where a matrix would have too many cells to read."""
    totals = given.counts.sum(axis=1)
    wrong = given.counts - np.diag(np.diag(given.counts))
    # Stable, so that equal counts keep the order of the classes.
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [
        (row, column)
        for row, column in zip(*np.unravel_index(order, wrong.shape), strict=True)
        if wrong[row, column]
    ]
    figure = Figure(figsize=(WIDTH, 1.2 + 0.27 * max(len(pairs), 2)))
    axes = figure.add_subplot()
    values = [int(wrong[pair]) for pair in pairs]
    axes.barh(range(len(pairs)), values, color=WRONG, height=0.62)
    names = [formatting.shortened(name, 26) for name in given.names]
    labels = [f"{names[row]} → {names[column]}" for row, column in pairs]
    axes.set_yticks(range(len(pairs)), labels, color=INK)
    for place, ((row, _), value) in enumerate(zip(pairs, values, strict=True)):
        axes.annotate(
            f"{value} of {totals[row]}",
            (value, place),
            (4, 0),
            textcoords="offset points",
            va="center",
            color=MUTED,
        )
    axes.invert_yaxis()
    axes.margins(x=0.12)
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("examples, true class → predicted class")
    return figure
