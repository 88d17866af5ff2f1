"""Metrics of forecasts: scaled and relative errors, and what their quantiles are worth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def point_metrics(truth: np.ndarray, forecast: np.ndarray, errors: np.ndarray) -> dict[str, float]:
    """Compare forecasts of one number with what came.

    Args:
        truth: `(forecasts, horizon)`, in the series' own units; NaN where it is not known.
        forecast: likewise.
        errors: `(forecasts,)`, mean absolute error of the seasonal naive forecast in the training
            part of each one's series.

    Returns:
        `mase` and `smape` (in percent, from 0 to 200), means over forecasts.

    Reference:
        [Another look at measures of forecast accuracy](https://doi.org/10.1016/j.ijforecast.2006.03.001)
        (Hyndman and Koehler, 2006)
    """
    missed = np.abs(truth - forecast)
    size = np.abs(truth) + np.abs(forecast)
    relative = np.divide(200 * missed, size, out=np.zeros_like(missed), where=size > 0)
    relative[np.isnan(missed)] = np.nan
    mean = _row_means(missed)
    usable = (errors > 0) & np.isfinite(mean)
    mase = float(np.mean(mean[usable] / errors[usable])) if usable.any() else float("nan")
    return {"mase": mase, "smape": float(np.nanmean(_row_means(relative)))}


def _row_means(values: np.ndarray) -> np.ndarray:
    known = ~np.isnan(values)
    total = np.where(known, values, 0).sum(axis=1)
    counts = known.sum(axis=1)
    return np.divide(total, counts, out=np.full(len(values), np.nan), where=counts > 0)


def quantile_metrics(
    truth: np.ndarray, found: np.ndarray, quantiles: Sequence[float]
) -> dict[str, float]:
    """Judge quantiles by what came.

    Args:
        truth: `(forecasts, horizon)`, NaN where it is not known.
        found: `(forecasts, horizon, quantiles)`.
        quantiles: shares of outcomes that are to lie below each, ascending.

    Returns:
        `crps`, twice the mean pinball loss, which with many quantiles becomes the continuous ranked
        probability score; `coverage`, the share that lies between the outermost quantiles, and
        `nominal_coverage`, what it is to be.

    Reference:
        [Strictly Proper Scoring Rules, Prediction, and
        Estimation](https://doi.org/10.1198/016214506000001437) (Gneiting and Raftery, 2007)
    """
    known = ~np.isnan(truth)
    shares = np.asarray(quantiles)
    missed = truth[known][:, None] - found[known]
    pinball = np.maximum(shares * missed, (shares - 1) * missed)
    metrics = {"crps": float(2 * pinball.mean())}
    if len(shares) > 1:
        inside = (missed[:, 0] >= 0) & (missed[:, -1] <= 0)
        metrics |= {
            "coverage": float(inside.mean()),
            "nominal_coverage": float(shares[-1] - shares[0]),
        }
    return metrics
