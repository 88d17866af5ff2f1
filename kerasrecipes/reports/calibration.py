"""Calibration of a classifier: whether its probabilities are how often it is right."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter
from numpy.typing import ArrayLike

from kerasrecipes.metrics.calibration import BINS, calibration, calibration_error
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.classification import Predictions, predictions
from kerasrecipes.reports.style import MUTED, RIGHT, WIDTH, WRONG, set_title, style


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
