"""Learning curves in the number of training examples: how much data a model needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kerasrecipes.metrics import names as spelling
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.reports import formatting
from kerasrecipes.reports.statistics import Entry, metric
from kerasrecipes.reports.style import (
    MUTED,
    SERIES,
    WIDTH,
    label_ends,
    set_scale,
    set_title,
    style,
)

BASELINE = "baseline"


@dataclass(frozen=True, kw_only=True)
class Point:
    """What was reached with a number of training examples.

    Args:
        examples: number of training examples.
        mean: of the metric on the test split, over the seeds.
        std: its standard deviation over the seeds; `None` for a single run.
        baseline: the mean of the baseline on the same examples; `None` where there is none.
        runs: number of seeds.
    """

    examples: int
    mean: float
    std: float | None
    baseline: float | None
    runs: int


def points(runs: Sequence[Entry], by: Sequence[str], name: str) -> dict[str, list[Point]]:
    """Gather the results by the number of training examples.

    Args:
        runs: finished ones, trained on different numbers of examples.
        by: the settings that were varied; `limit` among them is the number itself.
        name: the metric, on the test split.

    Returns:
        A list of points for each combination of the other settings, in ascending number of
        examples; the combination is written as `name=value`, and is empty where nothing else was
        varied.
    """
    others = [setting for setting in by if setting != "limit"]
    gathered: dict[str, dict[int, list[Entry]]] = {}
    for run in runs:
        if run.examples is None or not np.isfinite(run.metrics.get(name, np.nan)):
            continue
        text = ", ".join(f"{key}={formatting.plain(run.settings.get(key))}" for key in others)
        # A recipe's name says by itself that it is one.
        text = text.removeprefix("recipe=")
        gathered.setdefault(text, {}).setdefault(run.examples, []).append(run)
    return {
        text: [_point(count, found[count], name) for count in sorted(found)]
        for text, found in gathered.items()
    }


def _point(examples: int, members: Sequence[Entry], name: str) -> Point:
    values = [float(run.metrics[name]) for run in members]
    its = [float(run.baseline[name]) for run in members if name in run.baseline]
    return Point(
        examples=examples,
        mean=float(np.mean(values)),
        std=float(np.std(values, ddof=1)) if len(values) > 1 else None,
        baseline=float(np.mean(its)) if its else None,
        runs=len(values),
    )


def as_plain(found: Mapping[str, Sequence[Point]]) -> dict[str, list[dict[str, Any]]]:
    """Return the points as values that JSON has."""
    return {text: [asdict(point) for point in line] for text, line in found.items()}


@style()
def learning_curve(runs: Sequence[Entry], by: Sequence[str]) -> Figure | None:
    """Main metric on the same test examples by the number of training examples, on a logarithmic
    axis. Dashes are the baseline, fitted to as many examples; bars are one standard deviation over
    the seeds.

    Args:
        runs: finished ones, trained on different numbers of examples.
        by: the settings that were varied; each combination of those beside `limit` is a line.

    Returns:
        The figure; `None` where no run has a finite metric.
    """
    name = metric(runs)
    found = points(runs, by, name)
    if not found:
        return None
    figure = Figure(figsize=(WIDTH, 4.4))
    axes = figure.add_subplot()
    ends = []
    for number, (text, line) in enumerate(found.items()):
        color = SERIES[number % len(SERIES)]
        _draw(axes, line, color)
        ends.append((line[-1].mean, formatting.shortened(text or "model", 30), color))
    # One line is enough where all are compared with the same.
    lines = {tuple((p.examples, p.baseline) for p in line) for line in found.values()}
    for drawn in lines:
        known = [(count, value) for count, value in drawn if value is not None]
        if known:
            axes.plot(*zip(*known, strict=True), "--", color=MUTED, linewidth=1.4)
            ends.append((known[-1][1], BASELINE, MUTED))
    values = [np.array([p.mean for p in line]) for line in found.values()]
    set_scale(axes, name, *values, np.array([v for drawn in lines for _, v in drawn if v]))
    _label_axes(axes, sorted({p.examples for line in found.values() for p in line}), name)
    label_ends(axes, ends)
    set_title(figure, sentence(found, name))
    return figure


def _draw(axes: Axes, line: Sequence[Point], color: str) -> None:
    counts = [point.examples for point in line]
    axes.plot(counts, [point.mean for point in line], "o-", color=color, markersize=5)
    spread = [point for point in line if point.std]
    axes.errorbar(
        [point.examples for point in spread],
        [point.mean for point in spread],
        yerr=[point.std or 0.0 for point in spread],
        fmt="none",
        ecolor=color,
        elinewidth=1.2,
        capsize=3,
    )


def _label_axes(axes: Axes, counts: Sequence[int], name: str) -> None:
    axes.set_xscale("log")
    # The numbers that were tried, not powers of ten.
    axes.xaxis.set_major_locator(ticker.FixedLocator(counts))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.set_xlabel("training examples, logarithmic")
    scale = axes.get_ylabel()
    axes.set_ylabel(", ".join(part for part in (f"test {spelling.label(name)}", scale) if part))


def sentence(found: Mapping[str, Sequence[Point]], name: str) -> str:
    """Write what a learning curve shows, without the full stop.

    Args:
        found: from `points`.
        name: the metric.

    Returns:
        How the metric changes from the fewest examples to the most, and from how many on the model
        is ahead of its baseline; of several lines which is best with few examples and with many.
    """
    label = f"test {spelling.label(name)}"
    if len(found) > 1:
        return _best_of(found, name)
    (line,) = found.values()
    first, last = line[0], line[-1]
    reached = f"{_value(name, last)} with {_counted(last.examples)}"
    if len(line) == 1:
        return formatting.sentence(f"{label} {reached}")
    gained = _gain(name, first.mean, last.mean)
    turn = "rises" if last.mean > first.mean else "falls"
    moved = f"{turn} from {_value(name, first)} with {first.examples:,} to {reached}"
    text = f"{label} {moved if first.mean != last.mean else f'stays at {reached}'}"
    # Most of the way is behind where the last step brings little of all that was gained.
    step = _gain(name, line[-2].mean, last.mean)
    if gained > 0 and step > 0.25 * gained:
        text += ", and more examples are likely to help"
    return formatting.sentence(f"{text}; {_beside_baseline(line, name)}".rstrip("; "))


def _beside_baseline(line: Sequence[Point], name: str) -> str:
    """Say from how many examples on the model is ahead of its baseline, if it has one."""
    judged = [point for point in line if point.baseline is not None]
    if not judged:
        return ""
    ahead = [_gain(name, point.baseline or 0.0, point.mean) > 0 for point in judged]
    if not ahead[-1]:
        return "it stays behind its baseline"
    # From the last number on at which it was not.
    first = len(ahead) - ahead[::-1].index(False) if False in ahead else 0
    if first == 0:
        return "it is ahead of its baseline throughout"
    return f"it is ahead of its baseline from {judged[first].examples:,} examples on"


def _best_of(found: Mapping[str, Sequence[Point]], name: str) -> str:
    """Say which line is best with the fewest and with the most examples."""
    counts = [point.examples for line in found.values() for point in line]
    told = []
    for count in dict.fromkeys((min(counts), max(counts))):
        there = [(p, text) for text, line in found.items() for p in line if p.examples == count]
        choose = max if maximizes(name) else min
        best, text = choose(there, key=lambda pair: pair[0].mean)
        told.append((text, f"({_value(name, best)}) with {_counted(count)}"))
    (few, result), *rest = told
    words = f"best {spelling.label(name)}: {formatting.shortened(few, 36)} {result}"
    for text, result in rest:
        who = "also" if text == few else formatting.shortened(text, 36)
        words += f", {who} {result}"
    return formatting.sentence(words)


def _gain(name: str, before: float, after: float) -> float:
    return after - before if maximizes(name) else before - after


def _counted(examples: int) -> str:
    return formatting.counted(examples, "training example")


def _value(name: str, point: Point) -> str:
    return formatting.spread(name, point.mean, point.std)
