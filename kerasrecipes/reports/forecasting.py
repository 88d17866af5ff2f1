"""Figures of forecasts: with their bands, beside what came and beside those that repeat."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from kerasrecipes.inference.forecasting import Judged
from kerasrecipes.metrics.names import number, percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import shortened
from kerasrecipes.reports.style import (
    INK,
    MUTED,
    SERIES,
    VALIDATION,
    WIDTH,
    label_ends,
    set_title,
    style,
)

_SHOWN = 4  # forecasts, from a good one to a bad one
_SHARES = (0.1, 0.5, 0.75, 0.95)  # of all forecasts, that are better
_PAST = 3  # horizons of the past that are drawn
_BACKTEST = 8  # forecasts one after the other


@style()
def forecasts_with_bands(evaluation: Evaluation) -> Figure | None:
    """Forecasts of the test split, from a good one to a bad one: what was known, what came, the
    median, and the band between the outermost quantiles.
    """
    if not len(evaluation.examples):
        return None
    judged = Judged(evaluation)
    missed = np.nanmean(np.abs(judged.truth - judged.middle), axis=1) / judged.scales
    order = np.argsort(np.nan_to_num(missed, nan=np.inf), kind="stable")
    figure = Figure(figsize=(WIDTH, 5.4))
    names = judged.windows.origins.series.names
    panels = figure.subplots(2, 2).ravel()
    for axes, share in zip(panels, _SHARES, strict=True):
        place = order[min(len(order) - 1, int(share * len(order)))]
        horizon = judged.truth.shape[1]
        past = judged.past[place][-_PAST * horizon :]
        ahead = np.arange(1, horizon + 1)
        axes.plot(np.arange(1 - len(past), 1), past, color=MUTED, linewidth=1.2)
        low, high = judged.found[place, :, 1], judged.found[place, :, -1]
        axes.fill_between(ahead, low, high, color=VALIDATION, alpha=0.18, linewidth=0)
        axes.plot(ahead, judged.truth[place], color=INK, linewidth=1.4, label="what came")
        axes.plot(ahead, judged.middle[place], color=VALIDATION, label="forecast")
        axes.axvline(0.5, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
        better = f"better than {percent(1 - share, 0)}"
        name = names[judged.windows.numbers[place]]
        axes.set_title(f"{shortened(str(name), 24)}: {better}", fontsize=9.5)
    for axes in panels[2:]:
        axes.set_xlabel("rows from the moment of the forecast")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    set_title(figure, _band_title(judged))
    return figure


def _band_title(judged: Judged) -> str:
    shares = judged.preprocessor.quantiles
    known = ~np.isnan(judged.truth)
    inside = (judged.truth >= judged.found[..., 1]) & (judged.truth <= judged.found[..., -1])
    return (
        f"The band is to hold {percent(shares[-1] - shares[0], 0)} of what comes, and holds "
        f"{percent(float(inside[known].mean()))}"
    )


@style()
def backtest(evaluation: Evaluation) -> Figure | None:
    """Forecasts one after the other through the test part of a series, each from what was known at
    its own moment, which a thin line marks.
    """
    if not len(evaluation.examples):
        return None
    judged = Judged(evaluation)
    rows, numbers = judged.windows.origins.rows, judged.windows.numbers
    horizon = judged.truth.shape[1]
    here = np.flatnonzero(numbers == numbers[len(numbers) // 2])
    chosen = [here[0]]
    for place in here:
        if rows[place] >= rows[chosen[-1]] + horizon:
            chosen.append(place)
    chosen = chosen[-_BACKTEST:]
    if len(chosen) < 2:
        return None
    figure = Figure(figsize=(WIDTH, 3.4))
    axes = figure.add_subplot()
    begin = rows[chosen[0]]
    for place in chosen:
        at = rows[place] - begin + np.arange(horizon)
        low, high = judged.found[place, :, 1], judged.found[place, :, -1]
        axes.fill_between(at, low, high, color=VALIDATION, alpha=0.18, linewidth=0)
        axes.plot(at, judged.truth[place], color=INK, linewidth=1.2)
        axes.plot(at, judged.middle[place], color=VALIDATION, linewidth=1.6)
        axes.axvline(at[0] - 0.5, color=MUTED, linewidth=0.6, linestyle=(0, (2, 2)))
    name = shortened(str(judged.windows.origins.series.names[numbers[chosen[0]]]), 24)
    axes.set_xlabel("rows of the test part")
    axes.margins(x=0.01)
    axes.set_title(f"{len(chosen)} forecasts of '{name}', one after the other, and what came")
    return figure


@style()
def error_by_step(evaluation: Evaluation) -> Figure | None:
    """Mean absolute error by how far ahead a row is forecast, of values scaled by the training
    part, beside forecasts that repeat the last value and the last season.
    """
    if not len(evaluation.examples):
        return None
    judged = Judged(evaluation)
    season = judged.preprocessor.season
    lines = {"last value": (judged.naive(), SERIES[1])}
    if season > 1:
        lines["last season"] = (judged.naive(season), SERIES[2])
    lines["model"] = (judged.middle, VALIDATION)
    figure = Figure(figsize=(WIDTH, 3.2))
    axes = figure.add_subplot()
    ahead, ends = np.arange(1, judged.truth.shape[1] + 1), []
    for name, (point, colour) in lines.items():
        error = np.nanmean(np.abs(judged.truth - point) / judged.scales[:, None], axis=0)
        style_ = "o-" if len(ahead) == 1 else "-"
        axes.plot(ahead, error, style_, color=colour)
        ends.append((float(error[-1]), name, colour))
    axes.set(xlabel="rows ahead", ylabel="mean absolute error, scaled", ylim=(0, None))
    axes.margins(x=0.01)
    label_ends(axes, ends)
    mase = judged.metrics(judged.middle)["mase"]
    axes.set_title(f"Error by how far ahead: MASE {number(mase)} over all rows")
    return figure


FORECASTING_FIGURES = (forecasts_with_bands, backtest, error_by_step, curves)
