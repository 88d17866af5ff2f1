"""Figures of landmarks: points on images, errors by point, and how many images are how wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from kerasrecipes.data.images.landmarks import LandmarkPreprocessor
from kerasrecipes.inference.landmarks import baseline, errors_of
from kerasrecipes.metrics.landmarks import FAILED, errors
from kerasrecipes.metrics.names import percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted, sentence
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    RIGHT,
    SERIES,
    WIDTH,
    label_ends,
    set_title,
    style,
)

_TRUTH, _FOUND = "#ffd23f", "#f4442e"  # seen on photographs of any colour
_COLUMNS, _ROWS = 4, 2
_NAMED = 15  # points whose errors are written; of twice as many all are
_LARGEST = 0.25  # error up to which the curve is drawn


@style()
def points_on_images(evaluation: Evaluation) -> Figure | None:
    """Images of the split from the largest mean error to the smallest, with the points that were
    found and lines to where they should be.
    """
    by_image = _by_image(evaluation)
    known = np.flatnonzero(np.isfinite(by_image))
    if not len(known):
        return None
    order = known[np.argsort(-by_image[known], kind="stable")]
    count = min(len(order), _COLUMNS * _ROWS)
    chosen = order[np.unique(np.linspace(0, len(order) - 1, count).astype(int))]
    images = displayable(evaluation.examples.take(chosen)[0])
    if images is None:
        return None
    rows = -(-len(chosen) // _COLUMNS)
    height = WIDTH / _COLUMNS * images.shape[1] / images.shape[2] + 0.25
    figure = Figure(figsize=(WIDTH, rows * height + 0.8))
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    side = LandmarkPreprocessor.of(evaluation.info).side
    for axes in panels[len(chosen) :]:
        axes.set_visible(False)
    for axes, image, number in zip(panels, images, chosen, strict=False):
        show(axes, image)
        # A pixel's middle is at a whole number in a picture of matplotlib.
        truth = np.asarray(evaluation.labels[number]) * side - 0.5
        found = np.asarray(evaluation.outputs[number]) * side - 0.5
        for (x, y), (a, b) in zip(truth, found, strict=True):
            axes.plot([x, a], [y, b], color=_TRUTH, linewidth=1.0)
        axes.plot(*found.T, "o", color=_FOUND, markersize=2.6)
        axes.set(xlim=(-0.5, image.shape[1] - 0.5), ylim=(image.shape[0] - 0.5, -0.5))
        write_below(axes, percent(float(by_image[number])), 4, MUTED)
    handles = [
        Line2D([], [], color=_FOUND, marker="o", markersize=4, linestyle="", label="found"),
        Line2D([], [], color=_TRUTH, label="to where it should be"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=2)
    median = percent(float(np.median(by_image[known])))
    set_title(figure, f"Half of the images have an error below {median} of {_length(evaluation)}")
    return figure


@style()
def errors_by_image(evaluation: Evaluation) -> Figure | None:
    """Share of the images whose mean error is below a value; beside it that of the mean places of
    the training images.
    """
    by_image = _by_image(evaluation)
    known = np.isfinite(by_image)
    if not known.any():
        return None
    figure = Figure(figsize=(WIDTH, 3.4))
    axes: Any = figure.add_subplot()
    lines = [(by_image[known], "found", SERIES[0])]
    mean = baseline(evaluation)
    if mean is not None:
        between = LandmarkPreprocessor.of(evaluation.info).between
        answers = np.asarray(mean.outputs_for(len(by_image)))
        other = errors(np.asarray(evaluation.labels), answers, between)[known]
        lines.append((np.nanmean(other, axis=1), "mean places", MUTED))
    ends = []
    for values, name, colour in lines:
        ordered = np.sort(values)
        share = np.arange(1, len(ordered) + 1) / len(ordered)
        axes.step([0, *ordered], [0, *share], where="post", color=colour)
        ends.append((float((values <= _LARGEST).mean()), name, colour))
    axes.axvline(FAILED, color=FAINT, linewidth=1.2, zorder=0)
    axes.set(xlabel=f"mean error, of {_length(evaluation)}", ylabel="images below it")
    axes.set(xlim=(0, _LARGEST), ylim=(0, 1.02))
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    label_ends(axes, ends)
    failed = int((by_image[known] > FAILED).sum())
    set_title(
        figure,
        f"{failed:,} of {counted(int(known.sum()), 'image')} fail, with errors above 10 %",
    )
    return figure


@style()
def errors_by_point(evaluation: Evaluation) -> Figure | None:
    """The mean shape of the split; the larger a circle, the larger the mean error of its point. Of
    many points the largest errors are written.
    """
    found = errors_of(evaluation)
    known = np.isfinite(found).any(axis=0)
    truth = np.asarray(evaluation.labels)
    if not known.any():
        return None
    names = LandmarkPreprocessor.of(evaluation.info).names
    mean = np.nanmean(truth[:, known], axis=0)
    by_point = np.nanmean(found[:, known], axis=0)
    names = tuple(name for name, there in zip(names, known, strict=True) if there)
    figure = Figure(figsize=(WIDTH, 5.2))
    axes: Any = figure.add_subplot()
    # The area of a circle is that of its square's error, so its radius is the error.
    axes.scatter(*mean.T, s=30 + 1500 * by_point / by_point.max(), color=RIGHT, alpha=0.22)
    axes.scatter(*mean.T, s=8, color=INK)
    order = np.argsort(-by_point, kind="stable")
    for place in order if len(order) <= 2 * _NAMED else order[:_NAMED]:
        axes.annotate(
            percent(float(by_point[place])),
            mean[place],
            (5, 4),
            textcoords="offset points",
            color=MUTED,
            fontsize=7.5,
        )
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.margins(0.12)
    axes.invert_yaxis()
    axes.grid(False)
    axes.spines[:].set(visible=False)
    best, worst = int(order[-1]), int(order[0])
    length = _length(evaluation)
    set_title(
        figure,
        f"{sentence(names[best])} is found to {percent(float(by_point[best]))} of {length}, "
        f"{names[worst]} to {percent(float(by_point[worst]))}",
    )
    return figure


def _by_image(evaluation: Evaluation) -> np.ndarray:
    """Return the mean error of each image, NaN without known points."""
    found = errors_of(evaluation)
    known = np.isfinite(found)
    total = np.where(known, found, 0).sum(axis=1)
    return np.where(known.any(axis=1), total / np.maximum(known.sum(axis=1), 1), np.nan)


def _length(evaluation: Evaluation) -> str:
    preprocessor = LandmarkPreprocessor.of(evaluation.info)
    return "the distance of the eyes" if preprocessor.between else "the size of all points"


LANDMARK_FIGURES = (curves, points_on_images, errors_by_image, errors_by_point)
