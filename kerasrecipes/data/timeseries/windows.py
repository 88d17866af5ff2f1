"""Moments of series at which forecasts begin, and windows of the past and the future at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.timeseries.series import Series

SHARES = (0.7, 0.1, 0.2)  # of the rows for training, validation and test, in the order of time


class Origins(Examples):
    """Moments of series at which a forecast may begin: one for each row of a part of the data.

    Args:
        series: all series, whole.
        bounds: `(series, 2)`, first and last row of the part in each, counted within it.
        rows: `(origins,)`, rows of `series.values` at which forecasts begin; by default all of the
            part.
    """

    def __init__(self, series: Series, bounds: np.ndarray, rows: np.ndarray | None = None):
        self.series, self.bounds = series, bounds
        if rows is None:
            pieces = [
                np.arange(begin + low, begin + high)
                for begin, (low, high) in zip(series.starts, bounds, strict=False)
            ]
            rows = np.concatenate(pieces) if pieces else np.zeros(0, np.int64)
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray]:
        """Return the values at which forecasts begin."""
        return (self.series.values[self.rows[indices]],)

    def select(self, indices: np.ndarray) -> Origins:
        """Return a collection of only these moments."""
        return Origins(self.series, self.bounds, self.rows[indices])

    @property
    def numbers(self) -> np.ndarray:
        """Index of the series of each moment, `(origins,)`."""
        return self.numbers_at(np.arange(len(self)))

    def numbers_at(self, indices: np.ndarray) -> np.ndarray:
        """Return the index of the series of some moments.

        Args:
            indices: of the moments.
        """
        # The moment after the last row of the last series is one of that series.
        found = np.searchsorted(self.series.starts, self.rows[indices], side="right") - 1
        return np.minimum(found, len(self.series) - 1)


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What a model is told beside the values of a series.

    Args:
        observed: places of the covariates whose past is told, those that are known ahead among
            them.
        known: places of the covariates that are known ahead.
        shifts: mean of each covariate of the data in the training part.
        scales: standard deviation of each.
    """

    observed: tuple[int, ...]
    known: tuple[int, ...]
    shifts: np.ndarray
    scales: np.ndarray

    def inputs(self, past: np.ndarray, before: np.ndarray, later: np.ndarray) -> dict[str, Any]:
        """Return what the model takes.

        Args:
            past: values, `(batch, context)`, scaled.
            before: covariates of the same rows, `(batch, context, covariates)`.
            later: covariates of the horizon, of which only those that are known ahead are told.

        Returns:
            `past`, `observed` and, where some are known ahead, `known`.
        """
        inputs = {"past": past, "observed": self._scaled(before, self.observed)}
        return {**inputs, "known": self._scaled(later, self.known)} if self.known else inputs

    def _scaled(self, rows: np.ndarray, places: tuple[int, ...]) -> np.ndarray:
        chosen = [*places]
        found = (rows[..., chosen] - self.shifts[chosen]) / self.scales[chosen]
        return found.astype(np.float32)


class Windows(Examples):
    """What was known of a series at each of some moments, and what came then.

    Args:
        origins: where forecasts begin; all of a window's future lies within the origins' part.
        context: rows of the past; before the beginning of a series its first value is repeated.
        horizon: rows of the future.
        scales: `(series, 2)`, what is taken off the values of each series, and what they are
            divided by.
        beside: what else the model is told, if anything.
    """

    def __init__(
        self,
        origins: Origins,
        context: int,
        horizon: int,
        scales: np.ndarray,
        beside: Beside | None = None,
    ):
        self.origins, self.context, self.horizon, self.scales = origins, context, horizon, scales
        self.beside = beside
        self.filled = origins.series.filled()

    def __len__(self) -> int:
        return len(self.origins)

    @property
    def numbers(self) -> np.ndarray:
        """Index of the series of each window, `(windows,)`."""
        return self.origins.numbers

    def take(self, indices: np.ndarray) -> tuple[Any, np.ndarray]:
        """Return pasts `(batch, context)` and futures `(batch, horizon)`, scaled; NaN in gaps.

        Where there are covariates, the pasts are a dictionary: `past`, `observed` of the same rows,
        and `known` of the horizon, both `(batch, rows, covariates)`.
        """
        rows = self.origins.rows[indices]
        numbers = self.origins.numbers_at(indices)
        begin = self.origins.series.starts[numbers][:, None]
        shift, scale = self.scales[numbers].T[:, :, None]
        past = np.maximum(rows[:, None] + np.arange(-self.context, 0), begin)
        future = rows[:, None] + np.arange(self.horizon)
        x = (self.filled[past] - shift) / scale
        y = (self.origins.series.values[future] - shift) / scale
        x, y = x.astype(np.float32), y.astype(np.float32)
        if self.beside is None:
            return x, y
        covariates = self.origins.series.covariates
        assert covariates is not None, "covariates that are told"
        return self.beside.inputs(x, covariates[past], covariates[future]), y

    def select(self, indices: np.ndarray) -> Windows:
        """Return a collection of only these windows."""
        found = Windows.__new__(Windows)
        found.__dict__ |= {**self.__dict__, "origins": self.origins.select(indices)}
        return found


def parts_of(series: Series, held: np.ndarray | None = None) -> tuple[Origins, Origins, Origins]:
    """Divide every series by time.

    Args:
        series: all of them.
        held: rows at the end of each that are the test part; as many before them are then the
            validation part. By default shares of all rows.

    Returns:
        Moments of the training, validation and test parts.
    """
    lengths = series.lengths
    if held is None:
        first = np.round(SHARES[0] * lengths).astype(np.int64)
        second = first + np.round(SHARES[1] * lengths).astype(np.int64)
    else:
        second = lengths - held
        first = np.maximum(second - held, 0)
    cuts = np.stack([np.zeros_like(lengths), first, second, lengths], axis=1)
    train, validation, test = (Origins(series, cuts[:, n : n + 2]) for n in range(3))
    return train, validation, test
