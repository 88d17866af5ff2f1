"""Figures of prices: predicted against true ones, and what each input contributes."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from kerasrecipes.data.products.product import ProductPreprocessor
from kerasrecipes.inference.product import percentage_error, permuted
from kerasrecipes.metrics.names import number
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.images import displayable, show, write_below
from kerasrecipes.reports.style import FAINT, MUTED, RIGHT, WIDTH, WRONG, set_title, style

_COLUMNS, _ROWS = 5, 2
_NEAR = 20  # percent from the truth


@style()
def contributions(evaluation: Evaluation) -> Figure | None:
    """By how much the error grows where one input is exchanged among the products: what the model
    takes from it. The mean of five permutations.
    """
    if len(evaluation.examples) < 2:
        return None
    whole = percentage_error(np.asarray(evaluation.labels), np.asarray(evaluation.outputs))
    found = sorted(permuted(evaluation).items(), key=lambda item: item[1])
    figure = Figure(figsize=(WIDTH, 1.1 + 0.5 * len(found)))
    axes = figure.add_subplot()
    names = [name for name, _ in found]
    axes.barh(names, [value - whole for _, value in found], left=whole, color=RIGHT, height=0.6)
    axes.axvline(whole, color=MUTED, linewidth=1.2)
    for place, (_, value) in enumerate(found):
        axes.annotate(
            f"+{value - whole:.1f} points" if value >= whole else f"{value - whole:.1f} points",
            (max(value, whole), place),
            (5, 0),
            textcoords="offset points",
            va="center",
            color=MUTED,
        )
    axes.set(xlabel="mean absolute error in percent of the price")
    axes.margins(x=0.16)
    axes.grid(False, axis="y")
    most, value = found[-1]
    set_title(
        figure,
        f"With {most} of other products the error is {value:.1f} % instead of {whole:.1f} %",
    )
    return figure


@style()
def prices(evaluation: Evaluation) -> Figure | None:
    """Predicted against true prices, logarithmic; within the band the error is at most 20 %."""
    truth = np.asarray(evaluation.labels).ravel()
    found = np.asarray(evaluation.outputs).ravel()
    if not len(truth):
        return None
    figure = Figure(figsize=(WIDTH * 0.62, 4.6))
    axes: Any = figure.add_subplot()
    ends = np.array([min(truth.min(), found.min()), max(truth.max(), found.max())])
    share = _NEAR / 100
    axes.fill_between(ends, ends * (1 - share), ends * (1 + share), color=FAINT, linewidth=0)
    axes.plot(ends, ends, color=MUTED, linewidth=1)
    near = np.abs(found - truth) <= share * truth
    for chosen, colour in ((near, RIGHT), (~near, WRONG)):
        axes.plot(truth[chosen], found[chosen], "o", color=colour, markersize=3.5, alpha=0.6)
    target = ProductPreprocessor.of(evaluation.info).target
    axes.set(xscale="log", yscale="log", xlabel=f"true {target}", ylabel=f"predicted {target}")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: number(float(value))))
        axis.set_minor_locator(NullLocator())
    set_title(figure, f"{near.sum():,} of {len(near):,} prices are right within {_NEAR} %")
    return figure


@style()
def photographs(evaluation: Evaluation) -> Figure | None:
    """Products from the one that is most overrated to the one that is most underrated, by their
    first photograph: the predicted price and the true one.
    """
    x = evaluation.examples.take(np.arange(len(evaluation.examples)))[0]
    if "photos" not in x:
        return None
    truth = np.asarray(evaluation.labels).ravel()
    found = np.asarray(evaluation.outputs).ravel()
    seen = np.flatnonzero(x["photos"][:, 0].any(axis=(1, 2, 3)))
    if len(seen) < _COLUMNS:
        return None
    order = seen[np.argsort(-(found / truth)[seen], kind="stable")]
    count = min(len(order), _COLUMNS * _ROWS)
    chosen = order[np.linspace(0, len(order) - 1, count).astype(int)]
    images = displayable(x["photos"][chosen, 0])
    if images is None:
        return None
    rows = -(-count // _COLUMNS)
    side = WIDTH / _COLUMNS * images.shape[1] / images.shape[2]
    figure = Figure(figsize=(WIDTH, rows * (side + 0.25) + 0.5))
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes in panels[count:]:
        axes.set_visible(False)
    for axes, image, row in zip(panels, images, chosen, strict=False):
        show(axes, image)
        near = abs(found[row] - truth[row]) <= _NEAR / 100 * truth[row]
        text = f"{number(float(found[row]))} for {number(float(truth[row]))}"
        write_below(axes, text, 4, RIGHT if near else WRONG)
    set_title(figure, "From overrated to underrated: the predicted price for the true one")
    return figure


PRODUCT_FIGURES = (curves, contributions, prices, photographs)
