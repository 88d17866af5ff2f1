"""Figures and the HTML page of a comparison: runs side by side, curves, spread over seeds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerasrecipes.comparison.learning_curve import learning_curve
from kerasrecipes.metrics import names as spelling
from kerasrecipes.metrics.names import is_share, maximizes
from kerasrecipes.reports import formatting
from kerasrecipes.reports.curves import Curve, curve, metric_names
from kerasrecipes.reports.html import render
from kerasrecipes.reports.statistics import (
    Entry,
    differing,
    group_label,
    groups,
    judged_by,
    labels,
    metric,
    ranked,
    table,
    verdict,
)
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    SERIES,
    VALIDATION,
    WIDTH,
    Picture,
    epoch_axis,
    label_ends,
    picture,
    set_scale,
    set_title,
    style,
)

_LABELLED = 16  # lines of a figure whose ends are all named
# The next pattern is taken when the colours are used up.
_DASHES = ("-", "--", ":", "-.")


@style()
def curves(runs: Sequence[Entry], by: Sequence[str] = ()) -> Figure | None:
    """Main metric and loss of each run by epoch, on the validation examples; a dot marks the last
    epoch.

    Args:
        runs: the runs, each a line.
        by: settings that are varied: runs with the same values of them share a colour and a label;
            by default each run has its own.

    Returns:
        A panel for the main metric and one for the loss; `None` where no run has either.
    """
    present = {name for run in runs for name in metric_names(run.history)}
    names = [name for name in dict.fromkeys((metric(runs), "loss")) if name in present]
    if not names:
        return None
    # A group of each run alone labels it by its values, so that seeds share a label and a colour.
    texts = (
        [group_label(group) for run in runs for group in groups([run], by)] if by else labels(runs)
    )
    figure = Figure(figsize=(WIDTH, 3.5 * len(names)))
    for axes, name in zip(figure.subplots(len(names), 1, squeeze=False)[:, 0], names, strict=True):
        lines = [(text, curve(run.history, name)) for text, run in zip(texts, runs, strict=True)]
        _draw_lines(axes, name, [line for line in lines if line[1].best is not None])
    return figure


def _draw_lines(axes: Axes, name: str, lines: Sequence[tuple[str, Curve]]) -> None:
    """Draw curves; those with the same label have the same colour and are named once."""
    texts = list(dict.fromkeys(text for text, _ in lines))
    ends: dict[str, list[float]] = {text: [] for text in texts}
    for text, values in lines:
        look: dict[str, Any] = {
            "color": _color(texts, text),
            "linestyle": _DASHES[texts.index(text) // len(SERIES) % len(_DASHES)],
        }
        axes.plot(
            values.epochs,
            values.judged,
            linewidth=1.6,
            alpha=1 if len(texts) == len(lines) else 0.7,
            **look,
        )
        # A training that diverged may end in NaN.
        last = np.flatnonzero(np.isfinite(values.judged))[-1]
        axes.plot(values.epochs[last], values.judged[last], "o", color=look["color"], markersize=4)
        ends[text].append(float(values.judged[last]))
    epoch_axis(axes)
    if lines:
        # First the scale: where the lines end on it decides where their names stand.
        set_scale(axes, name, *(values.judged for _, values in lines))
        axes.set_title(_curves_title(name, lines))
        means = [(float(np.mean(found)), text, _color(texts, text)) for text, found in ends.items()]
        if len(means) > _LABELLED:  # too many to name all: the best and the worst
            means.sort(reverse=maximizes(name))
            means = [*means[: _LABELLED - 4], *means[-4:]]
        label_ends(axes, means)


@style()
def lines(runs: Sequence[Entry], by: Sequence[str] = ()) -> Figure | None:
    """What depends on the example, such as BLEU on the length of the source, on the test examples
    of each run.

    Args:
        runs: the runs, each a line; those that measured nothing of this kind are left out.
        by: settings that are varied: runs with the same values of them share a colour and a label;
            by default each run has its own.

    Returns:
        A panel for each such metric; `None` where no run has one.
    """
    names = list(dict.fromkeys(name for run in runs for name in run.lines))
    if not names:
        return None
    figure = Figure(figsize=(WIDTH, 3.8 * len(names)))
    for axes, name in zip(figure.subplots(len(names), 1, squeeze=False)[:, 0], names, strict=True):
        having = [run for run in runs if run.lines.get(name)]
        texts = (
            [group_label(group) for run in having for group in groups([run], by)]
            if by
            else labels(having)
        )
        _draw_dependence(axes, name, list(zip(texts, having, strict=True)))
    return figure


def _draw_dependence(axes: Axes, name: str, having: Sequence[tuple[str, Entry]]) -> None:
    """Draw a line for each run; the title names the one that changes most from its first point to
    its last.
    """
    # Such as `bleu_by_source_length`.
    value, _, x = name.partition("_by_")
    texts = list(dict.fromkeys(text for text, _ in having))
    ends: dict[str, list[float]] = {}
    changes = []
    for text, run in having:
        points = np.array(run.lines[name], float)
        axes.plot(
            points[:, 0], points[:, 1], "o-", color=_color(texts, text), linewidth=1.8, markersize=4
        )
        ends.setdefault(text, []).append(float(points[-1, 1]))
        changes.append((float(points[-1, 1] - points[0, 1]), text))
    axes.set(
        xlabel=spelling.label(x),
        ylabel=spelling.label(value),
        ylim=(min(0, axes.get_ylim()[0]), None),
    )
    change, text = max(changes, key=lambda found: abs(found[0]))
    title = f"{spelling.label(value)} by {spelling.label(x)}"
    turn = "falls" if change < 0 else "rises"
    amount, who = spelling.number(abs(change)), formatting.shortened(text, 36)
    axes.set_title(f"{formatting.sentence(title)} — {turn} by {amount} with {who}")
    label_ends(
        axes, [(float(np.mean(found)), text, _color(texts, text)) for text, found in ends.items()]
    )


def _color(texts: Sequence[str], text: str) -> str:
    return SERIES[texts.index(text) % len(SERIES)]


def _curves_title(name: str, lines: Sequence[tuple[str, Curve]]) -> str:
    side = "validation " if any(np.isfinite(values.validation).any() for _, values in lines) else ""
    choose = max if maximizes(name) else min
    best, text = choose((float(values.judged[values.best]), text) for text, values in lines)
    title = formatting.sentence(f"{side}{spelling.label(name)} by epoch")
    return f"{title} — best {formatting.measured(name, best)} with {formatting.shortened(text, 36)}"


@style()
def spread(runs: Sequence[Entry], by: Sequence[str], name: str | None = None) -> Figure:
    """The test result of each run as a point; a bar marks the mean, a line one standard deviation
    over the seeds. What is best on the validation examples is stressed.

    Args:
        runs: finished ones.
        by: the settings whose values make a group.
        name: the metric; by default the main one.

    Returns:
        A row for each group that has the metric, the first on top; the title gives the verdict.

    Raises:
        UserError: if there is no such setting or metric.
    """
    name = metric(runs, name)
    gathered = [group for group in groups(runs, by) if name in group["mean"]]
    figure = Figure(figsize=(WIDTH, 1.3 + 0.5 * len(gathered)))
    axes = figure.add_subplot()
    best = next(iter(ranked(gathered, judged_by(gathered, name))), None)
    for place, group in enumerate(gathered):
        _draw_group(axes, place, group, name, group is best)
    _finish_spread(axes, gathered, by, name)
    set_title(figure, verdict(gathered, name))
    return figure


def _draw_group(axes: Axes, place: int, group: Mapping[str, Any], name: str, best: bool) -> None:
    values, mean, deviation = (group[part][name] for part in ("values", "mean", "std"))
    color = VALIDATION if best else MUTED
    # At different heights, or equal results would hide each other.
    heights = place + 0.16 * np.linspace(-1, 1, len(values)) if len(values) > 1 else [place]
    # There is none for a single run.
    if deviation:
        axes.hlines(place, mean - deviation, mean + deviation, color=color, linewidth=1.2)
    axes.vlines(mean, place - 0.27, place + 0.27, color=color, linewidth=2.4)
    axes.plot(values, heights, "o", color=color, markersize=6, markeredgecolor="white", alpha=0.85)
    at: dict[str, Any] = {
        # Across: at the right edge, wherever the values end; upwards: at the group.
        "xycoords": ("axes fraction", "data"),
        "textcoords": "offset points",
        "annotation_clip": False,
    }
    font: dict[str, Any] = {"color": INK, "weight": "bold" if best else "normal", "va": "center"}
    axes.annotate(formatting.spread(name, mean, deviation), (1, place), (8, 0), **at, **font)


def _finish_spread(
    axes: Axes, gathered: Sequence[Mapping[str, Any]], by: Sequence[str], name: str
) -> None:
    one = len(by) == 1
    names = [
        formatting.plain(group["settings"][by[0]]) if one else group_label(group)
        for group in gathered
    ]
    axes.set_yticks(
        range(len(names)), [formatting.shortened(text, 50) for text in names], color=INK
    )
    axes.set(xlabel=f"{spelling.label(name)} on the test examples", ylabel=by[0] if one else "")
    # Upside down, so that the first group is on top.
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.grid(axis="y", visible=False)
    values = np.array([value for group in gathered for value in group["values"][name]])
    if is_share(name):
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    elif values.min() > 0 and values.max() > 100 * values.min():
        axes.set_xscale("log")


def html(
    runs: Sequence[Entry],
    *,
    title: str,
    by: Sequence[str] = (),
    name: str | None = None,
    pictures: Sequence[Picture] = (),
    heading: str = "Descent",
    summary: str | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Write the comparison as one HTML file that opens offline.

    Args:
        runs: finished ones.
        title: the heading.
        by: the settings that were varied, where several seeds make a group; by default each run
            stands alone.
        name: the metric; by default the main one.
        pictures: further figures; by default of how the runs descended.
        heading: of these figures.
        summary: the result in a sentence; by default which group or run is best.
        notes: sentences about what is not equal among the runs.

    Returns:
        A whole HTML document.

    Raises:
        UserError: if there is no such setting or metric.
    """
    name = metric(runs, name)
    gathered = groups(runs, by) if by else []
    names = by or differing(runs)
    said = f"{formatting.counted(len(runs), 'run')}, the best in each column stressed."
    if summary or 0 < len(names) <= 4:
        said = f"{summary or verdict(groups(runs, names), name)}."
    # Each with its function, from whose docstring `picture` takes the caption.
    drawn: list[tuple[str, Callable[..., Any], Figure | None]] = [
        ("Learning curve", learning_curve, learning_curve(runs, by) if "limit" in by else None),
        ("On what it depends", lines, lines(runs, by)),
        ("Curves", curves, curves(runs, by)),
    ]
    sections = [
        (section, [picture(function, figure)])
        for section, function, figure in drawn
        if figure is not None
    ]
    return render(
        "comparison.html",
        title=title,
        subtitle=" ".join([said, *notes]),
        kicker="Comparison",
        groups=_groups_table(gathered, by, name) if by else None,
        # A learning curve says more than which number of examples is best.
        spread=picture(spread, spread(runs, by, name)) if set(by) - {"limit"} else None,
        runs=_runs_table(table(runs)),
        sections=[*sections, (heading, pictures)],
    )


def _groups_table(
    gathered: Sequence[Mapping[str, Any]], by: Sequence[str], main: str
) -> dict[str, Any]:
    judge = judged_by(gathered, main)
    known = (n for group in gathered for n in group["mean"] if not n.startswith("val_"))
    names = list(dict.fromkeys([judge, main, *known]))
    rows = []
    for group in gathered:
        cells = [formatting.plain(value) for value in group["settings"].values()]
        means = {
            name: formatting.spread(name, group["mean"][name], group["std"][name])
            for name in names
            if name in group["mean"]
        }
        rows.append([*cells, str(group["runs"]), *(means.get(name, "–") for name in names)])
    first = len(by)
    # What ranks stands behind the settings and the number of runs. Without a finite mean no group
    # is ranked.
    best = [(gathered.index(group), first + 1) for group in ranked(gathered, judge)[:1]]
    heads = [
        spelling.label(name if name.startswith("val_") or name == "seconds" else f"test_{name}")
        for name in names
    ]
    columns = [*by, "runs", *heads]
    numbers = range(first, len(columns))
    return {"columns": columns, "rows": rows, "numbers": numbers, "best": best}


def _runs_table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    columns = [name for name in rows[0] if _worth_showing(rows, name)]
    cells = [[_cell(name, row[name]) for name in columns] for row in rows]
    numbers = [
        n for n, name in enumerate(columns) if all(_number_or_none(row[name]) for row in rows)
    ]
    best: list[tuple[int, int]] = []
    for n, name in enumerate(columns):
        if not name.startswith(("test ", "validation ")):
            continue
        # The least score is the best, whichever way the metric counts.
        sign = -1 if maximizes(name.split(" ")[-1]) else 1
        found = [np.nan if row[name] is None else sign * row[name] for row in rows]
        scores = np.array(found, dtype=float)
        finite = scores[np.isfinite(scores)]
        if len(finite):
            best += [(row, n) for row in np.flatnonzero(scores == finite.min()).tolist()]
    heads = [
        spelling.label(name.replace(" ", "_")) if _is_result(name) else name for name in columns
    ]
    return {"columns": heads, "rows": cells, "numbers": numbers, "best": best}


def _worth_showing(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Tell whether a column is not empty, and if it is a count, not the same in all rows."""
    # Other columns get two values that differ, which pass.
    values = (
        {row[name] for row in rows} if name in ("parameters", "epochs trained") else {name, None}
    )
    return len(values) > 1 and any(row[name] is not None for row in rows)


def _is_result(name: str) -> bool:
    return name.startswith(("test ", "validation ", "baseline ")) or name in (
        "parameters",
        "epochs trained",
        "seconds",
    )


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "–"
    return (
        # The metric is the last word, as in `validation loss`.
        formatting.measured(name.split(" ")[-1], value)
        if _is_result(name)
        else formatting.plain(value)
    )


def _number_or_none(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))
