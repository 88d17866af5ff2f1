"""Figures of classifiers: the confusion matrix and the calibration of the probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter, PercentFormatter
from numpy.typing import ArrayLike

from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation, Info
from kerasrecipes.reports import formatting
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    PAPER,
    RIGHT,
    WIDTH,
    WRONG,
    set_title,
    style,
)

MATRIX_CLASSES = 50  # with more, the cells of a matrix are too small to read
BINS = 15  # of the expected calibration error, as in Guo et al.

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
    probabilities = _probabilities(np.asarray(evaluation.outputs, dtype=np.float64))
    if probabilities is None:
        return None
    truth = _class_indices(np.asarray(evaluation.labels), probabilities.shape[1])
    if truth is None or len(truth) != len(probabilities):
        return None
    return Predictions(probabilities, truth, _names(evaluation.info, probabilities.shape[1]))


def _probabilities(outputs: np.ndarray) -> np.ndarray | None:
    if outputs.ndim == 1 or (outputs.ndim == 2 and outputs.shape[1] == 1):
        second = outputs.reshape(-1)
        outputs = np.stack([1 - second, second], axis=1)
    # Logits and values of a regression are no probabilities; the tolerances are for rounding.
    proper = (
        outputs.ndim == 2
        and len(outputs) > 0
        and np.isfinite(outputs).all()
        and outputs.min() >= -1e-6
    )
    return outputs if proper and np.allclose(outputs.sum(axis=1), 1, atol=0.02) else None


def _class_indices(labels: np.ndarray, size: int) -> np.ndarray | None:
    if labels.ndim == 2 and labels.shape[1] == size and size > 1:
        return labels.argmax(axis=1)
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    # Labels with fractions belong to a regression.
    if labels.ndim != 1 or not len(labels) or not np.equal(np.mod(labels, 1), 0).all():
        return None
    return labels.astype(int) if labels.min() >= 0 and labels.max() < size else None


def _names(info: Info, size: int) -> list[str]:
    names = [str(name) for name in info.classes or ()]
    return names if len(names) == size else [str(number) for number in range(size)]


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
            axes.annotate(_short_percent(share), (column, row), (0, -8), fontsize=7, **font)


def _short_percent(share: float) -> str:
    # A decimal where whole percents would hide a rare mistake: below 10 % and just under 100 %.
    return f"{100 * share:.0f}%" if share == 1 or 0.095 < share < 0.995 else f"{100 * share:.1f}%"


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


@style()
def confidence(evaluation: Evaluation) -> Figure | None:
    """Reliability diagram: the accuracy of the predictions by their confidence, the probability of
    the predicted class. On the dashed line the model is calibrated.

    The expected calibration error (ECE) is the mean distance from that line over 15 bins of equal
    width, weighted by their predictions. A larger dot stands for more predictions, its line for a
    95 % interval.

    Reference:
        [On Calibration of Modern Neural Networks](https://arxiv.org/abs/1706.04599) (Guo et al.,
        2017)
    """
    given = predictions(evaluation)
    if given is None:
        return None
    counts, sure, right = calibration(given.confidence, given.right)
    figure = Figure(figsize=(WIDTH, 4.6))
    grid = figure.add_gridspec(2, 1, height_ratios=[2.6, 1])
    above = figure.add_subplot(grid[0])
    below = figure.add_subplot(grid[1], sharex=above)
    set_title(figure, _confidence_title(given))
    _draw_reliability(above, counts, sure, right)
    _draw_histogram(below, given)
    # From the tenth below the lowest confidence, and at least over the last tenth.
    start = np.floor(given.confidence.min() * 10) / 10
    above.set_xlim(min(start, 0.9), 1.005)
    return figure


def calibration(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute confidence and accuracy in bins of equal width.

    Args:
        confidence: `(examples,)`, probability of the predicted class.
        right: `(examples,)`, whether it was the label.
        bins: number of bins between 0 and 1.

    Returns:
        The number of examples, their mean confidence and their accuracy, of each bin that is not
        empty.
    """
    # Bins are open below and closed above, as in Guo et al.; 0 falls into the first.
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(which, minlength=bins)
    filled = counts > 0
    sure, accuracy = (
        np.bincount(which, weights=values, minlength=bins)[filled] / counts[filled]
        for values in (confidence, right)
    )
    return counts[filled], sure, accuracy


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Compute the expected calibration error, 0 where accuracy equals confidence.

    Args:
        confidence: `(examples,)`, probability of the predicted class.
        right: `(examples,)`, whether it was the label.
        bins: number of bins of equal width between 0 and 1.

    Returns:
        The error, from 0 to 1.

    Reference:
        [Obtaining Well Calibrated Probabilities Using Bayesian
        Binning](https://doi.org/10.1609/aaai.v29i1.9602) (Naeini et al., 2015)
    """
    counts, sure, accuracy = calibration(confidence, right, bins)
    return float(np.average(np.abs(sure - accuracy), weights=counts))


def _confidence_title(given: Predictions) -> str:
    error = percent(calibration_error(given.confidence, given.right))
    says, right = float(given.confidence.mean()), float(given.right.mean())
    low, high = wilson(given.right.sum(), len(given.right))
    # Within the accuracy's 95 % interval the gap to the confidence may be chance.
    verdict = (
        "overconfident"
        if says > high
        else "underconfident"
        if says < low
        else "calibrated on average"
    )
    return f"Confidence {percent(says)}, accuracy {percent(right)}: {verdict} (ECE {error})"


def _draw_reliability(axes: Axes, counts: np.ndarray, sure: np.ndarray, right: np.ndarray) -> None:
    low, high = wilson(right * counts, counts)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.vlines(sure, low, high, color=RIGHT, linewidth=1.4, alpha=0.45)
    # matplotlib's `s` is an area: a dot's area, not its radius, grows with the count.
    axes.scatter(sure, right, s=18 + 90 * counts / counts.max(), color=RIGHT, zorder=3)
    for x, y, text, side in (
        (0.985, 0.06, "overconfident", "right"),
        (0.015, 0.78, "underconfident", "left"),
    ):
        axes.text(
            x, y, text, transform=axes.transAxes, ha=side, color=MUTED, fontsize=8.5, zorder=1
        )
    axes.set(ylabel="accuracy", ylim=(-0.03, 1.05))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.tick_params(labelbottom=False)


def wilson(
    successes: ArrayLike, counts: ArrayLike, z: float = 1.96
) -> tuple[np.ndarray, np.ndarray]:
    """Compute Wilson's confidence interval of a share, which holds for few examples too.

    Args:
        successes: of each count.
        counts: number of examples, at least 1.
        z: half width in standard errors; 1.96 is 95 %.

    Returns:
        The lower and the upper ends.

    Reference:
        [Probable Inference, the Law of Succession, and Statistical
        Inference](https://doi.org/10.1080/01621459.1927.10502953) (Wilson, 1927)
    """
    counts = np.asarray(counts)
    share = np.asarray(successes) / counts
    centre = (share + z**2 / (2 * counts)) / (1 + z**2 / counts)
    half = z / (1 + z**2 / counts) * np.sqrt(share * (1 - share) / counts + z**2 / (4 * counts**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _draw_histogram(axes: Axes, given: Predictions) -> None:
    # Half as wide as the calibration's bins, so that every second edge is one of theirs.
    edges = np.linspace(0, 1, 2 * BINS + 1)
    sides = [given.confidence[given.right], given.confidence[~given.right]]
    labels = [
        formatting.counted(len(sides[0]), "right prediction"),
        formatting.counted(len(sides[1]), "wrong prediction"),
    ]
    colors = [RIGHT, WRONG]
    axes.hist(sides, bins=edges.tolist(), color=colors, label=labels, log=True, rwidth=0.9)
    # From below 1: on a logarithmic axis that begins at 1 a single prediction has no bar.
    axes.set(xlabel="confidence", ylabel="predictions", ylim=(0.6, None))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    # Above the bars, for among them there is no place that is always free.
    above: dict[str, Any] = {"loc": "lower left", "bbox_to_anchor": (0, 0.98), "borderaxespad": 0.0}
    axes.legend(ncols=2, fontsize=8.5, **above)
