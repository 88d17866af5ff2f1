"""Figures of a detector: hits and misses, precision against recall, kinds of mistakes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from kerasrecipes.inference.detection import threshold_of
from kerasrecipes.metrics.detection import (
    RECALLS,
    THRESHOLDS,
    best_threshold,
    detection_metrics,
    matches,
)
from kerasrecipes.metrics.error_kinds import KINDS, error_kinds, hits_of
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    RIGHT,
    SERIES,
    WIDTH,
    WRONG,
    label_ends,
    set_title,
    style,
)

_HIT, _MISS, _ALARM = "#00a878", "#ffd23f", "#f4442e"  # seen on photographs of any colour
_COLUMNS, _ROWS = 4, 2
_MOST = 8  # classes whose lines can be told apart


@style()
def hits_and_misses(evaluation: Evaluation) -> Figure | None:
    """Images from those with the most mistakes to those with none, with detections from the score
    of the best F1 on validation images: hits, missed objects, and false alarms.
    """
    if not _has_objects(evaluation):
        return None
    threshold = _threshold(evaluation)
    results = [hits_of(*pair, threshold) for pair in _pairs(evaluation)]
    wrong = np.array([one.missed.sum() + (~one.right).sum() for one in results])
    order = np.argsort(-wrong, kind="stable")
    count = min(len(order), _COLUMNS * _ROWS)
    chosen = order[np.unique(np.linspace(0, len(order) - 1, count).astype(int))]
    images = displayable(evaluation.examples.take(chosen)[0])
    if images is None:
        return None
    columns = min(_COLUMNS, len(chosen))
    rows = -(-len(chosen) // columns)
    height = WIDTH / columns * images.shape[1] / images.shape[2] + 0.28
    figure = Figure(figsize=(WIDTH, rows * height + 0.8))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in panels[len(chosen) :]:
        axes.set_visible(False)
    names = evaluation.info.classes or ()
    for axes, image, number in zip(panels, images, chosen, strict=False):
        show(axes, image)
        one = results[number]
        _draw(axes, one.objects[one.missed], names, _MISS, "dashed")
        _draw(axes, one.detections[~one.right], names, _ALARM, "solid")
        _draw(axes, one.detections[one.right], names, _HIT, "solid")
        hits, missed, alarms = one.right.sum(), one.missed.sum(), (~one.right).sum()
        write_below(axes, f"{hits} hit, {missed} missed, {alarms} false", 4, MUTED)
    labels: Any = (("hit", _HIT, "-"), ("missed", _MISS, "--"), ("false alarm", _ALARM, "-"))
    handles = [
        Line2D([], [], color=colour, linestyle=line, label=label) for label, colour, line in labels
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    missed = sum(int(one.missed.sum()) for one in results)
    alarms = sum(int((~one.right).sum()) for one in results)
    total = sum(len(one.objects) for one in results)
    set_title(
        figure,
        f"{missed:,} of {counted(total, 'object')} missed, {counted(alarms, 'false alarm')} in "
        f"{counted(len(results), 'image')}, from a score of {threshold:.2f} on",
    )
    return figure


@style()
def precision_and_recall(evaluation: Evaluation) -> Figure | None:
    """Precision against recall of each class at an overlap of one half, from the surest detection
    to the least sure; the dot is the score of the best F1.
    """
    found = _metrics(evaluation)
    if not found:
        return None
    threshold = _threshold(evaluation)
    names = evaluation.info.classes or ()
    rows = sorted(found["by_class"].items(), key=lambda row: -row[1]["ap50"])
    shown = rows if len(rows) <= _MOST else [*rows[: _MOST // 2], *rows[-(_MOST // 2) :]]
    figure = Figure(figsize=(WIDTH, 3.9))
    axes = figure.add_subplot()
    handles = []
    for (name, row), colour in zip(shown, SERIES, strict=False):
        one = matches(evaluation.labels, evaluation.outputs, names.index(name), THRESHOLDS[:1])
        axes.plot(RECALLS, one.precisions(), color=colour, drawstyle="steps-pre")
        recall, precision, scores = one.curve()
        sure = np.flatnonzero(scores >= threshold)
        if len(sure):
            axes.plot(recall[sure[-1]], precision[sure[-1]], "o", color=colour, markersize=5)
        label = f"{shortened(name, 18)}, AP50 {percent(row['ap50'])}"
        handles.append(Line2D([], [], color=colour, label=label))
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5))
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1.01), ylim=(0, 1.03))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1))
    worst, low = rows[-1][0], percent(rows[-1][1]["ap50"])
    few = "" if len(shown) == len(rows) else ", the best and the worst classes"
    title = f"AP50 {percent(found['ap50'])}{few}"
    axes.set_title(title + (f"; {shortened(worst, 24)} has {low}" if len(rows) > 1 else ""))
    return figure


@style()
def errors_by_kind(evaluation: Evaluation) -> Figure | None:
    """Detections from the score of the best F1 on, by class: hits and each kind of mistake."""
    if not _has_objects(evaluation):
        return None
    names = evaluation.info.classes or ()
    counts = error_kinds(_pairs(evaluation), _threshold(evaluation), len(names))
    kept = np.flatnonzero(counts.sum(axis=1))
    kept = kept[np.argsort(-counts[kept].sum(axis=1), kind="stable")][:12]
    if not len(kept):
        return None
    figure = Figure(figsize=(WIDTH, 1.5 + 0.36 * len(kept)))
    axes = figure.add_subplot()
    places, begin = np.arange(len(kept)), np.zeros(len(kept))
    colours = (RIGHT, "#8d99a6", "#e0a458", "#b5528f", "#7a4fa3", WRONG)
    for kind, colour in zip(range(len(KINDS)), colours, strict=True):
        values = counts[kept, kind]
        if not counts[:, kind].any():
            continue
        axes.barh(places, values, left=begin, color=colour, height=0.62, label=KINDS[kind])
        for place, value, start in zip(places, values, begin, strict=True):
            if value >= 0.035 * counts[kept].sum(axis=1).max():
                at = (start + value / 2, place)
                axes.annotate(f"{value:,}", at, ha="center", va="center", color="white", size=8.5)
        begin = begin + values
    axes.set_yticks(places, [shortened(names[index], 20) for index in kept], color=INK)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set_xlabel("objects that were hit or missed, and detections that hit none")
    figure.legend(loc="outside lower center", ncols=len(KINDS), fontsize=8.5)
    totals = counts[:, 1:].sum(axis=0)
    if not totals.any():
        axes.set_title("Every object is hit, and nothing else")
        return figure
    share = percent(totals.max() / totals.sum())
    axes.set_title(f"{share} of the mistakes: {KINDS[1 + int(totals.argmax())]}")
    return figure


@style()
def precision_by_overlap(evaluation: Evaluation) -> Figure | None:
    """Average precision by the overlap that a hit needs: what falls early has boxes that are not
    exact.
    """
    found = _metrics(evaluation)
    if not found:
        return None
    names = evaluation.info.classes or ()
    rows = sorted(found["by_class"].items(), key=lambda row: -row[1]["map"])
    shown = rows if len(rows) <= _MOST else [*rows[: _MOST // 2], *rows[-(_MOST // 2) :]]
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    ends = []
    for (name, _), colour in zip(shown, SERIES, strict=False):
        one = matches(evaluation.labels, evaluation.outputs, names.index(name))
        values = [one.precision(number) for number in range(len(THRESHOLDS))]
        axes.plot(THRESHOLDS, values, color=colour, marker="o", markersize=3.5)
        ends.append((values[-1], shortened(name, 18), colour))
    axes.set(xlabel="least overlap of a hit, intersection over union", ylabel="average precision")
    axes.set(ylim=(0, 1.03), xticks=THRESHOLDS, xlim=(0.49, 0.96))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    label_ends(axes, ends)
    half, mean, strict = (percent(found[name]) for name in ("ap50", "map", "ap75"))
    axes.set_title(f"mAP {mean}: {half} at an overlap of one half, {strict} at three quarters")
    return figure


def _has_objects(evaluation: Evaluation) -> bool:
    there = isinstance(evaluation.outputs, np.ndarray) and len(evaluation.examples)
    return bool(there and (evaluation.labels[..., 4] >= 0).any())


def _metrics(evaluation: Evaluation) -> dict[str, Any]:
    if not _has_objects(evaluation):
        return {}
    names = evaluation.info.classes or ()
    return detection_metrics(evaluation.labels, evaluation.outputs, names)


def _threshold(evaluation: Evaluation) -> float:
    """Return the score from which `predict` answers; without a validation split the best here."""
    chosen = threshold_of(evaluation)
    if chosen is not None:
        return chosen
    classes = len(evaluation.info.classes or ())
    return best_threshold(evaluation.labels, evaluation.outputs, classes)[0]


def _pairs(evaluation: Evaluation) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(evaluation.labels, evaluation.outputs, strict=True))


def _draw(axes: Axes, boxes: np.ndarray, names: Sequence[str], colour: str, line: str) -> None:
    """Draw boxes of one kind, each with its class."""
    for row in boxes:
        left, top, right, bottom = row[:4]
        frame = Rectangle((left - 0.5, top - 0.5), right - left, bottom - top, fill=False)
        frame.set(edgecolor=colour, linewidth=1.5, linestyle=line)
        axes.add_patch(frame)
        if len(boxes) <= 6:
            # The class is the last number of a detection, the one before the last of an object.
            index = int(row[5] if colour != _MISS else row[4])
            # A false alarm often lies upon a hit, whose name stands above: its own stands below.
            y, side = (bottom + 1, "top") if colour == _ALARM else (top - 1, "bottom")
            word = shortened(names[index], 12)
            text = axes.text(left, y, word, color=colour, size=6.5, va=side)
            text.set_bbox({"facecolor": "black", "alpha": 0.55, "pad": 0.8, "linewidth": 0})
            text.set_clip_on(True)


DETECTION_FIGURES = (
    curves,
    hits_and_misses,
    precision_and_recall,
    errors_by_kind,
    precision_by_overlap,
)
