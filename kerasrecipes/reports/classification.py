"""Figures of any model that tells classes apart: what it confuses, and how well it knows its own
limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike

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

MATRIX_CLASSES = 50
BINS = 15

_RIGHT_COLORS = LinearSegmentedColormap.from_list("right", [PAPER, "#cfe0f0", "#7fb0da"])
_WRONG_COLORS = LinearSegmentedColormap.from_list("wrong", [PAPER, "#fbd9c3", "#e98a53", WRONG])


@dataclass(frozen=True)
class Answers:
    """A classifier's answers beside the truth.

    Args:
        probabilities: `(examples, classes)`, each row summing to 1.
        truth: `(examples,)`, class numbers.
        names: the classes' names.
    """

    probabilities: np.ndarray
    truth: np.ndarray
    names: Sequence[str]

    @cached_property
    def predicted(self) -> np.ndarray:
        """The most probable class of each example."""
        return self.probabilities.argmax(axis=1)

    @cached_property
    def confidence(self) -> np.ndarray:
        """The probability given to the predicted class."""
        return self.probabilities.max(axis=1)

    @cached_property
    def right(self) -> np.ndarray:
        """Whether each prediction is the truth."""
        return self.predicted == self.truth

    @cached_property
    def counts(self) -> np.ndarray:
        """The confusion matrix, `(true class, predicted class)`."""
        size = len(self.names)
        return np.bincount(self.truth * size + self.predicted, minlength=size * size).reshape(
            size, size
        )

    @property
    def score(self) -> str:
        """The score in words, such as `264 of 269 right (98.1 %)`."""
        share = formatting.percent(float(self.right.mean()))
        return f"{self.right.sum():,} of {len(self.right):,} right ({share})"


def answers(evaluation: Evaluation) -> Answers | None:
    """Read an evaluation as one class per example.

    Args:
        evaluation: outputs are `(examples, classes)` probabilities, or one probability of the
            second of two classes; labels are class numbers or one-hot rows.

    Returns:
        The answers; `None` if outputs or labels are of another kind, or there are none.
    """
    if not (hasattr(evaluation.outputs, "shape") and hasattr(evaluation.labels, "shape")):
        return None
    probabilities = _probabilities(np.asarray(evaluation.outputs, dtype=np.float64))
    if probabilities is None:
        return None
    truth = _class_numbers(np.asarray(evaluation.labels), probabilities.shape[1])
    if truth is None or len(truth) != len(probabilities):
        return None
    return Answers(probabilities, truth, _names(evaluation.info, probabilities.shape[1]))


def _probabilities(outputs: np.ndarray) -> np.ndarray | None:
    if outputs.ndim == 1 or (outputs.ndim == 2 and outputs.shape[1] == 1):
        second = outputs.reshape(-1)
        outputs = np.stack([1 - second, second], axis=1)
    proper = (
        outputs.ndim == 2
        and len(outputs) > 0
        and np.isfinite(outputs).all()
        and outputs.min() >= -1e-6
    )
    return outputs if proper and np.allclose(outputs.sum(axis=1), 1, atol=0.02) else None


def _class_numbers(labels: np.ndarray, size: int) -> np.ndarray | None:
    if labels.ndim == 2 and labels.shape[1] == size and size > 1:
        return labels.argmax(axis=1)
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if labels.ndim != 1 or not len(labels) or not np.equal(np.mod(labels, 1), 0).all():
        return None
    return labels.astype(int) if labels.min() >= 0 and labels.max() < size else None


def _names(info: Info, size: int) -> list[str]:
    names = [str(name) for name in info.classes or ()]
    return names if len(names) == size else [str(number) for number in range(size)]


@style()
def confusion_matrix(evaluation: Evaluation) -> Figure | None:
    """What the examples of each class were taken for: counts, shaded by their share of the row."""
    given = answers(evaluation)
    if given is None:
        return None
    figure = _matrix(given) if len(given.names) <= MATRIX_CLASSES else _pairs(given)
    set_title(figure, _confusion_title(given))
    return figure


def _confusion_title(given: Answers) -> str:
    wrong = given.counts - np.diag(np.diag(given.counts))
    if wrong.max() <= 1:
        return (
            f"{given.score}; no class was taken for another more than once"
            if wrong.any()
            else given.score
        )
    true, taken = np.unravel_index(wrong.argmax(), wrong.shape)
    a, b = (formatting.shortened(given.names[number], 18) for number in (true, taken))
    return f"{given.score}; most often {a} was taken for {b}, {formatting.counted(int(wrong.max()), 'time')}"


def _matrix(given: Answers) -> Figure:
    size = len(given.names)
    shares = given.counts / np.maximum(given.counts.sum(axis=1, keepdims=True), 1)
    side = WIDTH if size > 25 else min(WIDTH, 4.4 + 0.35 * size)
    figure = Figure(figsize=(side, side * 0.84))
    axes = figure.add_subplot()
    _shade(axes, shares)
    _write_counts(axes, given.counts, shares)
    names = [formatting.shortened(name, 18) for name in given.names]
    small = {"fontsize": 8.5 if size <= 25 else 6.5}
    axes.set_xticks(
        range(size), names, rotation=90 if max(map(len, names)) * size > 60 else 0, **small
    )
    axes.set_yticks(range(size), names, **small)
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
    """Colour hits and mistakes by scales of their own, so that few mistakes are seen beside many
    hits.
    """
    diagonal = np.eye(len(shares), dtype=bool)
    top = max(shares[~diagonal].max(initial=0), 0.05)
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
    strong = max(shares[~np.eye(size, dtype=bool)].max(initial=0), 0.05) * 0.6
    place = {"textcoords": "offset points", "ha": "center", "va": "center"}
    for row, column in np.argwhere(counts):
        count, share = counts[row, column], shares[row, column]
        place["color"] = PAPER if row != column and share > strong else INK
        font = {
            "fontsize": max(4.5, 10 - 0.13 * size),
            "weight": "normal" if row == column else "bold",
        }
        axes.annotate(f"{count:,}", (column, row), (0, 5 * both), **place, **font)
        if both:
            axes.annotate(_short_percent(share), (column, row), (0, -8), **place, fontsize=7)


def _short_percent(share: float) -> str:
    return f"{100 * share:.0f}%" if share == 1 or 0.095 < share < 0.995 else f"{100 * share:.1f}%"


def _pairs(given: Answers, most: int = 20) -> Figure:
    """Draw the most confused pairs as bars, where a matrix would have too many cells to read."""
    totals = given.counts.sum(axis=1)
    wrong = given.counts - np.diag(np.diag(given.counts))
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
    axes.set_yticks(
        range(len(pairs)), [f"{names[row]} → {names[column]}" for row, column in pairs], color=INK
    )
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
    """Whether the model may be believed: how often it is right when it says how sure it is.

    The expected calibration error (ECE) is the mean distance between the two over 15 bins of equal
    width, weighted by the answers in each. A larger dot stands for more answers, its line for a 95
    % interval.

    Reference:
        [On Calibration of Modern Neural Networks](https://arxiv.org/abs/1706.04599) (Guo et al.,
        2017)
    """
    given = answers(evaluation)
    if given is None:
        return None
    counts, sure, right = calibration(given.confidence, given.right)
    figure = Figure(figsize=(WIDTH, 4.6))
    grid = figure.add_gridspec(2, 1, height_ratios=[2.6, 1])
    above = figure.add_subplot(grid[0])
    below = figure.add_subplot(grid[1], sharex=above)
    above.set_title(_confidence_title(given))
    _draw_reliability(above, counts, sure, right)
    _draw_histogram(below, given)
    start = np.floor(given.confidence.min() * 10) / 10
    above.set_xlim(min(start, 0.9), 1.005)
    return figure


def calibration(
    confidence: np.ndarray, right: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compare confidence with accuracy in bins of equal width.

    Args:
        confidence: `(examples,)`, probability of the predicted class.
        right: `(examples,)`, whether it was the truth.
        bins: number of bins between 0 and 1.

    Returns:
        For each bin that holds examples: their count, mean confidence, and share of right answers.
    """
    which = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(which, minlength=bins)
    filled = counts > 0
    sums = (np.bincount(which, weights=values, minlength=bins) for values in (confidence, right))
    return counts[filled], *(total[filled] / counts[filled] for total in sums)


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = BINS) -> float:
    """Give the expected calibration error, 0 for a model that is right as often as it says.

    Args:
        confidence: `(examples,)`, probability of the predicted class.
        right: `(examples,)`, whether it was the truth.
        bins: number of bins of equal width between 0 and 1.
    """
    counts, sure, accuracy = calibration(confidence, right, bins)
    return float(np.average(np.abs(sure - accuracy), weights=counts))


def _confidence_title(given: Answers) -> str:
    error = formatting.percent(calibration_error(given.confidence, given.right))
    says, right = float(given.confidence.mean()), float(given.right.mean())
    low, high = wilson(given.right.sum(), len(given.right))
    verdict = (
        "too sure" if says > high else "too modest" if says < low else "about as sure as it may be"
    )
    means = (
        f"says {formatting.percent(says)} on average and is right in {formatting.percent(right)}"
    )
    return f"The model {means}: {verdict} (ECE {error})"


def _draw_reliability(axes: Axes, counts: np.ndarray, sure: np.ndarray, right: np.ndarray) -> None:
    low, high = wilson(right * counts, counts)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.vlines(sure, low, high, color=RIGHT, linewidth=1.4, alpha=0.45)
    axes.scatter(sure, right, s=18 + 90 * counts / counts.max(), color=RIGHT, zorder=3)
    for x, y, text, side in (
        (0.985, 0.06, "too sure", "right"),
        (0.015, 0.78, "too modest", "left"),
    ):
        axes.text(
            x, y, text, transform=axes.transAxes, ha=side, color=MUTED, fontsize=8.5, zorder=1
        )
    axes.set(ylabel="right", ylim=(-0.03, 1.05))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.tick_params(labelbottom=False)


def wilson(
    successes: ArrayLike, counts: ArrayLike, z: float = 1.96
) -> tuple[np.ndarray, np.ndarray]:
    """Give Wilson's interval for a share that was seen in few examples.

    Args:
        successes: how many of each count.
        counts: how many were looked at, at least 1.
        z: width in standard errors; 1.96 is 95 %.
    """
    counts = np.asarray(counts)
    share = np.asarray(successes) / counts
    centre = (share + z**2 / (2 * counts)) / (1 + z**2 / counts)
    half = z / (1 + z**2 / counts) * np.sqrt(share * (1 - share) / counts + z**2 / (4 * counts**2))
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _draw_histogram(axes: Axes, given: Answers) -> None:
    edges = np.linspace(0, 1, 2 * BINS + 1)
    sides = [given.confidence[given.right], given.confidence[~given.right]]
    labels = [
        formatting.counted(len(sides[0]), "right answer"),
        formatting.counted(len(sides[1]), "wrong answer"),
    ]
    axes.hist(sides, bins=edges, color=[RIGHT, WRONG], label=labels, log=True, rwidth=0.9)
    axes.set(
        xlabel="probability that the model gives its answer", ylabel="answers", ylim=(0.6, None)
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper left", ncols=2, fontsize=8.5)
