"""Figures of a segmentation: masks beside the truth, errors by class and by distance to an edge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.images.colour_spaces import PALETTE
from kerasrecipes.inference.segmentation import scores
from kerasrecipes.metrics.names import percent
from kerasrecipes.metrics.segmentation import confusion, mask_metrics
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import FAINT, INK, MUTED, RIGHT, WIDTH, WRONG, set_title, style

_SHOWN = 5  # images, from the worst to the best
_MOST = 12  # classes whose confusion can be read
_FAR = 9  # pixels from an edge, where the middle of things begins
_AT_ONCE = 64  # masks whose distances are computed together


@style()
def masks(evaluation: Evaluation) -> Figure | None:
    """Images from the worst to the best by their mean IoU: the image, the true mask, the
    predicted one, and in colour the pixels that are wrong.
    """
    quality = _by_image(evaluation)
    if quality is None:
        return None
    order = np.argsort(quality, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, _SHOWN).astype(int))]
    images = displayable(evaluation.examples.take(chosen)[0])
    if images is None:
        return None
    names = evaluation.info.classes or ()
    ratio = images.shape[1] / images.shape[2]
    # Inches: a column for each image, and below the four rows a line of text and the legend.
    width = WIDTH / _SHOWN
    figure = Figure(figsize=(WIDTH, 4 * (width * ratio + 0.06) + 0.95))
    panels = figure.subplots(4, len(chosen), squeeze=False)
    for column, (number, image) in enumerate(zip(chosen, images, strict=True)):
        truth, found = evaluation.labels[number], evaluation.outputs[number]
        wrong = (truth >= 0) & (truth != found)
        gray = image if image.ndim == 2 else image.mean(axis=-1)
        faint = np.repeat(0.55 + 0.45 * gray[..., None], 3, axis=-1)
        mistakes = np.where(wrong[..., None], _colours(found), faint)
        pictures = (image, _colours(truth), _colours(found), mistakes)
        for row, picture in enumerate(pictures):
            show(panels[row, column], picture)
        write_below(panels[3, column], f"IoU {percent(quality[number])}", 4, MUTED)
    for row, text in enumerate(("image", "truth", "prediction", "errors")):
        panels[row, 0].set_ylabel(text, color=MUTED)
    present = np.unique(np.concatenate([evaluation.labels[chosen], evaluation.outputs[chosen]]))
    colours = _colours(present[None])[0]
    handles = [
        Patch(facecolor=colour, edgecolor=FAINT, label=_name(names, index))
        for index, colour in zip(present, colours, strict=True)
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=6, frameon=False)
    mean, shown = percent(float(quality.mean())), counted(len(quality), "image")
    # The headline counts the pixels of all images together.
    set_title(
        figure, f"From the worst to the best of {shown}, each by itself: IoU {mean} on average"
    )
    return figure


@style()
def iou_by_class(evaluation: Evaluation) -> Figure | None:
    """Intersection over union of each class, and the share of the pixels that it has."""
    found = scores(evaluation) if len(evaluation.examples) else {}
    rows = sorted(found.get("by_class", {}).items(), key=lambda row: -row[1]["iou"])
    if not rows:
        return None
    figure = Figure(figsize=(WIDTH, 1.1 + 0.34 * len(rows)))
    axes = figure.add_subplot()
    places = np.arange(len(rows))
    values = [row["iou"] for _, row in rows]
    axes.barh(places, values, color=RIGHT, height=0.62)
    for place, (value, (_, row)) in enumerate(zip(values, rows, strict=True)):
        text = f"{percent(value)}, {percent(row['pixels'])} of the pixels"
        axes.text(value + 0.01, place, text, va="center", color=INK, fontsize=9)
    axes.set_yticks(places, [shortened(name, 24) for name, _ in rows])
    axes.invert_yaxis()
    # Room for the text behind a full bar.
    axes.set(xlim=(0, 1.35), xticks=np.linspace(0, 1, 6))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(axis="y", visible=False)
    worst, low = rows[-1][0], rows[-1][1]["iou"]
    mean = percent(found["mean_iou"])
    axes.set_title(f"Mean IoU {mean}; {shortened(worst, 24)} has the lowest, {percent(low)}")
    return figure


@style()
def class_confusion(evaluation: Evaluation) -> Figure | None:
    """Of the pixels of each class, the share that is taken for each other class."""
    names = evaluation.info.classes or ()
    if not len(evaluation.examples) or len(names) > _MOST:
        return None
    counts = confusion(evaluation.labels, evaluation.outputs, len(names))
    kept = np.flatnonzero(counts.sum(axis=1))
    if len(kept) < 2:
        return None
    shares = counts[kept] / counts[kept].sum(axis=1, keepdims=True)
    side = 0.62 * max(3, len(names))
    figure = Figure(figsize=(min(WIDTH, side + 2.6), side + 1.2))
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(shares):
        text = f"{100 * value:.0f}" if value >= 0.005 else ""
        color = "white" if value > 0.6 else INK
        axes.text(column, row, text, ha="center", va="center", color=color, fontsize=9)
    axes.set_xticks(range(len(names)), [shortened(n, 12) for n in names], rotation=35, ha="right")
    axes.set_yticks(range(len(kept)), [shortened(names[index], 16) for index in kept])
    axes.set(xlabel="predicted, percent of the true pixels", ylabel="truth")
    axes.grid(False)
    off = shares.copy()
    off[np.arange(len(kept)), kept] = 0
    row, column = np.unravel_index(off.argmax(), off.shape)
    share = percent(float(off[row, column]))
    lost, taken = (shortened(names[index], 16) for index in (kept[row], column))
    set_title(figure, f"{share} of {lost} is taken for {taken}")
    return figure


@style()
def errors_by_distance(evaluation: Evaluation) -> Figure | None:
    """Share of wrong pixels by their distance from an edge between two classes: at an edge it is a
    question of exactness, far from it of what the thing is.
    """
    if not len(evaluation.examples):
        return None
    wrong, total = np.zeros(_FAR), np.zeros(_FAR)
    for start in range(0, len(evaluation.labels), _AT_ONCE):
        truth = evaluation.labels[start : start + _AT_ONCE]
        there = truth >= 0
        distance = _distance(truth)[there]
        mistaken = (evaluation.outputs[start : start + _AT_ONCE] != truth)[there]
        total += np.bincount(distance, minlength=_FAR)
        wrong += np.bincount(distance[mistaken], minlength=_FAR)
    if not wrong.sum() or (total > 0).sum() < 2:
        return None
    figure = Figure(figsize=(WIDTH, 3.2))
    axes = figure.add_subplot()
    rates = wrong / np.maximum(total, 1)
    axes.bar(range(_FAR), rates, color=[WRONG] * 2 + [RIGHT] * (_FAR - 2), width=0.72)
    for place, (rate, count) in enumerate(zip(rates, total, strict=True)):
        if count:
            above: dict[str, Any] = {"textcoords": "offset points", "ha": "center"}
            axes.annotate(percent(rate), (place, rate), (0, 3), **above)
    labels = [str(place + 1) for place in range(_FAR - 1)] + [f"{_FAR} or more"]
    axes.set_xticks(range(_FAR), labels)
    axes.set(xlabel="distance from an edge between classes, in pixels", ylabel="wrong pixels")
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(axis="x", visible=False)
    axes.margins(y=0.15)
    near = percent(float(wrong[:2].sum() / wrong.sum()))
    axes.set_title(f"{near} of the wrong pixels lie within two pixels of an edge")
    return figure


def _by_image(evaluation: Evaluation) -> np.ndarray | None:
    """Return the mean IoU of each image, `(images,)`; of one without labels 1."""
    names = evaluation.info.classes or ()
    if not len(evaluation.examples) or not isinstance(evaluation.outputs, np.ndarray):
        return None
    pairs = zip(evaluation.labels, evaluation.outputs, strict=True)
    found = (
        mask_metrics(confusion(truth[None], mask[None], len(names)), names) for truth, mask in pairs
    )
    return np.array([metrics.get("mean_iou", 1.0) for metrics in found])


def _distance(truth: np.ndarray) -> np.ndarray:
    """Return how many pixels away the nearest other class is, from 0 for a neighbour to `_FAR - 1`
    for that and more, `(images, height, width)`.
    """
    distance = np.full(truth.shape, _FAR - 1)
    reached = np.zeros(truth.shape, bool)
    for axis in (1, 2):
        other = np.diff(truth, axis=axis) != 0
        before = [(0, 0)] * 3
        after = [(0, 0)] * 3
        before[axis], after[axis] = (1, 0), (0, 1)
        reached |= np.pad(other, before) | np.pad(other, after)
    for step in range(_FAR - 1):
        distance[reached & (distance > step)] = step
        grown = reached.copy()
        for axis in (1, 2):
            ahead = [slice(None)] * 3
            behind = [slice(None)] * 3
            ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
            grown[tuple(ahead)] |= reached[tuple(behind)]
            grown[tuple(behind)] |= reached[tuple(ahead)]
        reached = grown
    return distance


def _colours(mask: np.ndarray) -> np.ndarray:
    """Return the colour of each pixel, from 0 to 1: black for the first class, white for none."""
    colours = np.array([(255, 255, 255), (20, 24, 30), *PALETTE]) / 255
    number = np.where(mask > 0, 2 + (mask.astype(int) - 1) % len(PALETTE), 1 + mask.clip(-1, 0))
    return colours[number]


def _name(names: Sequence[str], index: int) -> str:
    return shortened(names[index], 18) if index >= 0 else "ignored"


SEGMENTATION_FIGURES = (curves, masks, iou_by_class, class_confusion, errors_by_distance)
