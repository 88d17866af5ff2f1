"""Metrics of a regression from its outputs: R² and the median error beside the means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

NAMES = ("mean_absolute_error", "root_mean_squared_error", "median_absolute_error", "r2")


def regression_metrics(truth: np.ndarray, given: np.ndarray) -> dict[str, float]:
    """Compute the errors of predicted numbers.

    Args:
        truth: `(examples, …)`, true values.
        given: likewise, predicted ones.

    Returns:
        Those of `NAMES`; of several targets `r2` is the mean, of images it is that of all pixels
        together; without `r2` where no target changes.
    """
    # Many pixels hardly change, and by their variance alone each would be judged absurdly.
    columns = truth.size // len(truth) if truth.ndim <= 2 else 1
    truth = truth.reshape(-1, columns).astype(np.float64)
    error = truth - given.reshape(truth.shape)
    found = {
        "mean_absolute_error": float(np.abs(error).mean()),
        "root_mean_squared_error": float(np.sqrt((error**2).mean())),
        "median_absolute_error": float(np.median(np.abs(error))),
    }
    total = ((truth - truth.mean(axis=0)) ** 2).sum(axis=0)
    changes = total > 0
    if changes.any():
        explained = 1 - (error**2).sum(axis=0)[changes] / total[changes]
        found["r2"] = float(explained.mean())
    return found


def by_target(
    truth: np.ndarray, given: np.ndarray, names: Sequence[str]
) -> dict[str, dict[str, float]]:
    """Compute the errors of each of several targets, which may have different units.

    Args:
        truth: `(examples, targets)`, true values.
        given: likewise, predicted ones.
        names: of the targets.

    Returns:
        By target the metrics of `regression_metrics`.
    """
    return {name: regression_metrics(truth[:, [n]], given[:, [n]]) for n, name in enumerate(names)}
