"""Figures of a search: its trials over time, what they tried, the curves of the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.metrics import names as spelling
from kerasrecipes.reports import formatting
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    SERIES,
    VALIDATION,
    WIDTH,
    WRONG,
    epoch_axis,
    label_ends,
    set_scale,
    style,
)
from kerasrecipes.tuning.records import COMPLETED, FAILED, Record, ranked, scored

BEST_CURVES = 5
MOST_AXES = 9  # More names no longer fit beside each other.


@style()
def over_time(records: Sequence[Record], objective: str, maximize: bool) -> Figure | None:
    """The score of each trial when it ended; the line is the best so far, rings were cut short,
    crosses failed.

    Args:
        records: of all trials.
        objective: the metric that is the score.
        maximize: whether a higher score is better.

    Returns:
        The figure; `None` where no trial has a score.
    """
    ended = sorted((r for r in records if r["at"] is not None), key=lambda r: r["at"])
    if not scored(ended):
        return None
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    unit, name = (60.0, "minutes") if ended[-1]["at"] > 180 else (1.0, "seconds")
    for whole, color, face in ((True, VALIDATION, VALIDATION), (False, MUTED, "white")):
        found = [r for r in scored(ended) if (r["status"] == COMPLETED) == whole]
        axes.plot(
            [r["at"] / unit for r in found],
            [r["score"] for r in found],
            linestyle="",
            marker="o",
            markersize=5.5,
            color=color,
            markerfacecolor=face,
        )
    _draw_best(axes, [r for r in scored(ended) if r["status"] == COMPLETED], unit, maximize)
    _draw_failed(axes, [r for r in ended if r["status"] == FAILED], unit)
    axes.set(xlabel=f"{name} since the search began", xlim=(0, None))
    axes.set_title(formatting.sentence(f"{spelling.label(objective)} of each trial"))
    _score_axis(axes.yaxis, objective)
    return figure


def _draw_best(axes: Axes, found: Sequence[Record], unit: float, maximize: bool) -> None:
    if not found:
        return
    reached = (np.maximum if maximize else np.minimum).accumulate([r["score"] for r in found])
    times = [r["at"] / unit for r in found]
    axes.step(
        [*times, times[-1]],
        [*reached, reached[-1]],
        where="post",
        color=VALIDATION,
        linewidth=1.2,
        alpha=0.6,
    )


def _draw_failed(axes: Axes, failed: Sequence[Record], unit: float) -> None:
    if failed:
        times = [r["at"] / unit for r in failed]
        axes.plot(
            times,
            [0.0] * len(times),
            "x",
            color=WRONG,
            markersize=7,
            markeredgewidth=1.8,
            transform=axes.get_xaxis_transform(),
            clip_on=False,
        )


def _score_axis(axis: Any, objective: str) -> None:
    if spelling.is_share(objective):
        axis.set_major_formatter(PercentFormatter(1.0))


# --------------------------------------------------------------------------------- parallel
# coordinates


@style()
def parallel(records: Sequence[Record], objective: str, maximize: bool) -> Figure | None:
    """Every trial as a line through its settings to its score at the right; the darker, the
    better.

    Args:
        records: of all trials.
        objective: the metric that is the score.
        maximize: whether a higher score is better.

    Returns:
        The figure; `None` where fewer than two trials have a score, or no setting differs.
    """
    order = ranked(records, maximize)
    names = varied(order)[:MOST_AXES]
    if len(order) < 2 or not names:
        return None
    scales = [Scale(name, [record["settings"].get(name) for record in order]) for name in names]
    figure = Figure(figsize=(WIDTH, 4.2))
    axes = figure.add_subplot()
    # By rank half of the way, so that one bad trial does not press all others together.
    found = np.array([record["score"] for record in order], dtype=float) * (1 if maximize else -1)
    ranks = dense_ranks(found) / max(1, len(set(found)) - 1)
    width = np.ptp(found)
    scores = 0.5 * ranks + 0.5 * ((found - found.min()) / width if width else ranks)
    for number in reversed(range(len(order))):
        values = [scale.place(order[number]["settings"].get(scale.name)) for scale in scales]
        share = 1 - number / max(1, len(order) - 1)
        best = number < 3
        axes.plot(
            range(len(names) + 1),
            [*values, scores[number]],
            linewidth=2.0 if best else 1.0,
            color=VALIDATION if best else MUTED,
            alpha=0.95 if best else 0.12 + 0.45 * share,
        )
    _finish_parallel(axes, scales, order, objective, maximize)
    return figure


def dense_ranks(values: np.ndarray) -> np.ndarray:
    """Count the different values that are less than each, so that equals share a rank."""
    return np.unique(values, return_inverse=True)[1].astype(float)


def _finish_parallel(
    axes: Axes, scales: Sequence[Scale], order: Sequence[Record], objective: str, up: bool
) -> None:
    axes.set_xticks(
        range(len(scales) + 1),
        [*(_two_lines(s.name) for s in scales), _two_lines(spelling.label(objective))],
    )
    axes.tick_params(axis="x", labelcolor=INK, labelsize=8.5)
    axes.set_yticks([])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set(xlim=(-0.35, len(scales) + 0.55), ylim=(-0.06, 1.06))
    for number in range(len(scales) + 1):
        axes.axvline(number, color=FAINT, linewidth=1.2, zorder=0)
    font: dict[str, Any] = {"size": 7.5, "color": INK, "va": "center", "zorder": 5}
    font["bbox"] = {
        "boxstyle": "round,pad=0.15",
        "facecolor": "white",
        "edgecolor": "none",
        "alpha": 0.75,
    }
    for number, scale in enumerate(scales):
        for place, text in scale.marks:
            axes.text(number + 0.04, place, text, ha="left", **font)
    ends = [
        (1.0, order[0]["score"]),
        (0.0, min(order, key=lambda r: r["score"] * (1 if up else -1))["score"]),
    ]
    for place, value in ends:
        axes.text(
            len(scales) + 0.06,
            place,
            formatting.measured(objective, value),
            ha="left",
            weight="bold",
            **font,
        )


def _two_lines(name: str) -> str:
    return name.replace("_", "\n", 1) if len(name) > 10 else name


class Scale:
    """One setting's axis: numbers by value, evenly by their logarithm where they span powers of
    ten; else by kind.

    Args:
        name: of the setting.
        values: those that occur.
    """

    def __init__(self, name: str, values: Sequence[Any]):
        self.name = name
        self.numeric = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values)
        if not self.numeric:
            self.kinds = sorted({formatting.plain(value) for value in values})
            return
        low, high = min(values), max(values)
        self.log = low > 0 and high / low >= 20
        self.low, self.high = self._at(low), self._at(high)
        self.ends = (low, high)

    def _at(self, value: float) -> float:
        return math.log(value) if self.log else float(value)

    def place(self, value: Any) -> float:
        """Return the place of a value, from 0 to 1."""
        if not self.numeric:
            return (
                self.kinds.index(formatting.plain(value)) / max(1, len(self.kinds) - 1)
                if len(self.kinds) > 1
                else 0.5
            )
        width = self.high - self.low
        return (self._at(value) - self.low) / width if width else 0.5

    @property
    def marks(self) -> list[tuple[float, str]]:
        """The places that are named, with their texts."""
        if not self.numeric:
            return [(self.place(kind), formatting.shortened(kind, 14)) for kind in self.kinds]
        low, high = self.ends
        middle = math.sqrt(low * high) if self.log else (low + high) / 2
        return [(self.place(value), f"{value:.3g}") for value in (low, middle, high)]


def varied(records: Sequence[Record]) -> list[str]:
    """List the settings that are not the same in all trials."""
    names = dict.fromkeys(name for record in records for name in record["settings"])
    return [
        name
        for name in names
        if len({repr(record["settings"].get(name)) for record in records}) > 1
    ]


# -----------------------------------------------------------------------------------------------
# curves


@style()
def best_curves(records: Sequence[Record], objective: str, maximize: bool) -> Figure | None:
    """The objective by epoch: the best trials in colour, with their numbers, all others in grey.

    Args:
        records: of all trials.
        objective: the metric that is the score.
        maximize: whether a higher score is better.

    Returns:
        The figure; `None` where no trial has both a score and an epoch.
    """
    order = [record for record in ranked(records, maximize) if record["history"]]
    if not order:
        return None
    figure = Figure(figsize=(WIDTH, 3.8))
    axes = figure.add_subplot()
    drawn, ends = [], []
    for number, record in reversed(list(enumerate(order))):
        steps = sorted(map(int, record["history"]))
        values = np.array([record["history"][str(step)].get(objective, np.nan) for step in steps])
        color = SERIES[number % len(SERIES)] if number < BEST_CURVES else "#c3cbd3"
        axes.plot(steps, values, color=color, linewidth=1.8 if number < BEST_CURVES else 0.9)
        drawn.append(values)
        if number < BEST_CURVES and np.isfinite(values[-1]):
            ends.append((float(values[-1]), f"trial {record['id']}", color))
    epoch_axis(axes)
    set_scale(axes, objective, *drawn)
    axes.set_title(formatting.sentence(f"{spelling.label(objective)} by epoch"))
    label_ends(axes, ends)
    return figure


@style()
def repeated(groups: Mapping[str, Sequence[float]], objective: str, chosen: float) -> Figure:
    """The winner's settings and the recipe's defaults, trained again with fresh seeds; the line is
    the winning trial.

    Args:
        groups: scores of the seeds, by `winner` and `defaults`; none is empty.
        objective: the metric that was searched for, such as `val_accuracy`.
        chosen: score of the winning trial.

    Returns:
        A row for each group: a dot for each seed, a bar at the mean.
    """
    figure = Figure(figsize=(WIDTH, 1.1 + 0.5 * len(groups)))
    axes = figure.add_subplot()
    for place, (name, values) in enumerate(groups.items()):
        color = VALIDATION if name == "winner" else MUTED
        axes.vlines(np.mean(values), place - 0.26, place + 0.26, color=color, linewidth=2.4)
        axes.plot(
            values,
            [place] * len(values),
            "o",
            color=color,
            markersize=6.5,
            alpha=0.8,
            markeredgecolor="white",
        )
        deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
        text = formatting.spread(objective.removeprefix("val_"), float(np.mean(values)), deviation)
        axes.annotate(
            text,
            (1, place),
            (8, 0),
            va="center",
            color=INK,
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            annotation_clip=False,
        )
    axes.axvline(chosen, color=WRONG, linewidth=1.2, linestyle="--")
    told = {"winner": "winner's settings", "defaults": "recipe's defaults"}
    axes.set_yticks(range(len(groups)), [told.get(kind, kind) for kind in groups], color=INK)
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(spelling.label(objective))
    _score_axis(axes.xaxis, objective)
    return figure
