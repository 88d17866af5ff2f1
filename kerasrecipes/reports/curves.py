"""Learning curves, and the columns of a history."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.metrics import names
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import formatting
from kerasrecipes.reports.style import (
    INK,
    PAPER,
    TRAIN,
    VALIDATION,
    WIDTH,
    epoch_axis,
    label_ends,
    set_scale,
    style,
)


class Curve(NamedTuple):
    """One metric by epoch; missing values are NaN.

    Args:
        name: of the metric.
        epochs: `(rows,)`.
        train: `(rows,)`.
        validation: `(rows,)`.
    """

    name: str
    epochs: np.ndarray
    train: np.ndarray
    validation: np.ndarray

    @property
    def judged(self) -> np.ndarray:
        """The validation values; the training values if there are none."""
        return self.validation if np.isfinite(self.validation).any() else self.train

    @property
    def best(self) -> int | None:
        """Index of the best value; `None` if no value is finite."""
        finite = np.isfinite(self.judged)
        if not finite.any():
            return None
        sign = -1 if names.maximizes(self.name) else 1
        # Infinity is never the least, so epochs without a value are passed over.
        return int(np.argmin(np.where(finite, sign * self.judged, np.inf)))


def _shown_best(values: Curve) -> int | None:
    """Return the index of the best value, where it is known which direction is better: of the
    number of episodes none is.
    """
    return None if names.find(values.name) is None else values.best


def column(history: Sequence[Mapping[str, float]], name: str) -> np.ndarray:
    """Return a column of a history, NaN where a row lacks it.

    Args:
        history: a mapping per epoch.
        name: of the column.

    Returns:
        `(rows,)`.
    """
    return np.array([row.get(name, np.nan) for row in history], dtype=float)


def curve(history: Sequence[Mapping[str, float]], name: str) -> Curve:
    """Return the curve of one metric.

    Args:
        history: a mapping per epoch; the rows are counted where `epoch` is missing.
        name: of the metric.

    Returns:
        Its values on the training and on the validation examples.
    """
    epochs = [row.get("epoch", count) for count, row in enumerate(history, start=1)]
    sides = column(history, name), column(history, f"val_{name}")
    return Curve(name, np.array(epochs, dtype=float), *sides)


def metric_names(history: Sequence[Mapping[str, float]]) -> list[str]:
    """List the metrics in a history, the loss first.

    Times, counters and the learning rate are not metrics.
    """
    others = {"epoch", "learning_rate", "step", "steps", "time"}
    columns = dict.fromkeys(name.removeprefix("val_") for row in history for name in row)
    found = [
        name
        for name in columns
        if name not in others and not name.endswith(("seconds", "per_second"))
    ]
    return sorted(found, key=lambda name: name != "loss")


@style()
def curves(evaluation: Evaluation) -> Figure | None:
    """Learning curves: loss and metrics by epoch, on the training and the validation examples. A
    ring marks the best epoch.
    """
    history = evaluation.history
    columns = metric_names(history)
    if not columns:
        return None
    rate = curve(history, "learning_rate")
    # A constant learning rate needs no curve.
    strip = len(set(rate.train[np.isfinite(rate.train)])) > 1
    # Panels in two columns, an odd first one over both, and a low strip below them.
    count, odd = len(columns), len(columns) % 2
    heights = [1.0] * (count // 2 + odd) + [0.42] * strip
    figure = Figure(figsize=(WIDTH, 3.1 * sum(heights)))
    grid = figure.add_gridspec(len(heights), 2, height_ratios=heights)
    places = [grid[0, :]] * odd + [grid[odd + i // 2, i % 2] for i in range(count - odd)]
    panels = [figure.add_subplot(place) for place in [*places, *[grid[-1, :]] * strip]]
    for axes, name in zip(panels, columns, strict=False):
        # Characters of a bold title that fit into both columns or one.
        _draw_curve(axes, curve(history, name), 100 if len(columns) == 1 else 44)
    if strip:
        _draw_rate(panels[-1], rate)
    return figure


def _draw_curve(axes: Axes, values: Curve, title_width: int) -> None:
    ends = []
    # Validation, by which a model is judged, is drawn last and so lies on top.
    for side, color, width in (("train", TRAIN, 1.4), ("validation", VALIDATION, 2.0)):
        y = getattr(values, side)
        known = np.flatnonzero(np.isfinite(y))
        if len(known):
            axes.plot(
                values.epochs,
                y,
                color=color,
                linewidth=width,
                marker="o",
                markersize=_dot(len(known)),
            )
            ends.append((y[known[-1]], "training" if side == "train" else side, color))
    epoch_axis(axes)
    set_scale(axes, values.name, values.train, values.validation)
    best = _shown_best(values)
    if best is not None:
        ring: dict[str, Any] = {
            "markerfacecolor": PAPER,
            "markeredgecolor": INK,
            "markeredgewidth": 1.5,
            "markersize": 6.5,
        }
        axes.plot(values.epochs[best], values.judged[best], "o", zorder=5, **ring)
    axes.set_title(textwrap.fill(_curve_title(values), title_width))
    # Last, for the names are placed by the final limits and scale.
    label_ends(axes, ends)


def _curve_title(values: Curve) -> str:
    title = f"{formatting.sentence(names.label(values.name))} by epoch"
    broken = np.flatnonzero(~np.isfinite(values.train))
    # A value may be missing in the middle; what is missing to the end has diverged.
    if (
        len(broken)
        and np.isfinite(values.train[: broken[0]]).all()
        and not np.isfinite(values.train[-1])
    ):
        return f"{title} — not a number from epoch {values.epochs[broken[0]]:.0f} on"
    best = _shown_best(values)
    if best is None:
        return title
    value = formatting.measured(values.name, float(values.judged[best]))
    # Non-breaking spaces, so that the epoch does not stand alone on the next line.
    return f"{title} — best {value} at\u00a0epoch\u00a0{values.epochs[best]:.0f}"


def _draw_rate(axes: Axes, rate: Curve) -> None:
    axes.plot(
        rate.epochs, rate.train, "o-", color=INK, linewidth=1.4, markersize=_dot(len(rate.epochs))
    )
    epoch_axis(axes)
    set_scale(axes, "learning_rate", rate.train)
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:.2g}"))
    finite = rate.train[np.isfinite(rate.train)]
    axes.set_title(f"Learning rate — highest {finite.max():.2g}, at the end {finite[-1]:.2g}")


def _dot(count: int) -> float:
    # Dots of many epochs would merge into a band; a single epoch has nothing but its dot.
    return 0 if count > 40 else 2.5 if count > 1 else 5
