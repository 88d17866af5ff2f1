"""Series on regular steps, one behind the other in one array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kerasrecipes.data.timeseries.clock import Clock

_LEAST_PEAK = 0.3  # of an autocorrelation, that shows a season


@dataclass(frozen=True, eq=False)
class Series:
    """Any number of series, each with a value at every step or a gap.

    Args:
        names: of the series.
        values: `(rows,)` float32, all series one behind the other; NaN in gaps, none at the
            beginning of a series.
        starts: `(series + 1,)`, where each begins, and the end.
        clock: step and format of their times; `None` without times.
        first: time of the first row of each, in days since 1970; empty without times.
        beside: names of what else is known at each row.
        covariates: `(rows, names)` float32, what is known, row by row with `values`; `None` where
            nothing is.
        ahead: of each series `(rows, names)`, what is known of rows after its last value.
    """

    names: tuple[str, ...]
    values: np.ndarray
    starts: np.ndarray
    clock: Clock | None = None
    first: tuple[float, ...] = ()
    beside: tuple[str, ...] = ()
    covariates: np.ndarray | None = None
    ahead: tuple[np.ndarray, ...] = ()

    @classmethod
    def joined(
        cls,
        names: Sequence[str],
        parts: Sequence[np.ndarray],
        clock: Clock | None = None,
        first: Sequence[float] = (),
        beside: Sequence[str] = (),
        covariates: Sequence[np.ndarray] = (),
    ) -> Series:
        """Join series, without the gaps at their beginnings.

        Args:
            names: of the series.
            parts: values of each, NaN in gaps.
            clock: step and format of their times.
            first: time of the first row of each.
            beside: names of what else is known at each row.
            covariates: of each series `(rows, names)`; may be longer than its values.

        Returns:
            The series, one behind the other.
        """
        kept, times, known, ahead = [], [], [], []
        for number, part in enumerate(parts):
            there = np.flatnonzero(~np.isnan(part))
            begin = int(there[0]) if len(there) else len(part)
            # A gap at the end is no row: nothing is known of it.
            end = int(there[-1]) + 1 if len(there) else begin
            kept.append(np.asarray(part[begin:end], np.float32))
            if clock is not None:
                times.append(clock.after(first[number], begin))
            if beside:
                rows = _carried(covariates[number])
                known.append(rows[begin:end])
                ahead.append(rows[end:])
        starts = np.cumsum([0, *map(len, kept)])
        values = np.concatenate(kept) if kept else np.zeros(0, np.float32)
        joined = np.concatenate(known) if known else None
        return cls(
            tuple(names), values, starts, clock, tuple(times), tuple(beside), joined, tuple(ahead)
        )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def lengths(self) -> np.ndarray:
        """Rows of each series, `(series,)`."""
        return np.diff(self.starts)

    def of(self, number: int) -> np.ndarray:
        """Return the values of one series."""
        return self.values[self.starts[number] : self.starts[number + 1]]

    def filled(self) -> np.ndarray:
        """Return all values, where a gap has the last value before it: what comes later is not
        known when it is forecast.
        """
        missing = np.isnan(self.values)
        if not missing.any():
            return self.values
        # A series never begins with a gap, so no value is taken from the one before.
        last = np.maximum.accumulate(np.where(missing, 0, np.arange(len(self.values))))
        return self.values[last]


def _carried(rows: np.ndarray) -> np.ndarray:
    """Return covariates, where a gap has the last value before it, and 0 at the beginning."""
    missing = np.isnan(rows)
    last = np.maximum.accumulate(np.where(missing, -1, np.arange(len(rows))[:, None]), axis=0)
    found = np.take_along_axis(rows, np.maximum(last, 0), axis=0)
    return np.where(last < 0, 0, found).astype(np.float32)


def season_of(values: np.ndarray, most: int = 400) -> int:
    """Estimate the length of the season by the highest peak of the autocorrelation.

    Args:
        values: of one series, without gaps.
        most: longest season that is looked for.

    Returns:
        Rows of a season; 1 where no peak stands out.
    """
    from scipy.signal import detrend, find_peaks

    values = np.asarray(values[-8 * most :], np.float64)
    if len(values) < 12 or values.std() == 0:
        return 1
    values = detrend(values)
    size = 2 ** int(np.ceil(np.log2(2 * len(values))))
    power = np.abs(np.fft.rfft(values, size)) ** 2
    found = np.fft.irfft(power)[: min(most, len(values) // 3) + 2]
    # Each lag has fewer pairs than the one before.
    found = (
        found / np.maximum(found[0], 1e-12) * len(values) / (len(values) - np.arange(len(found)))
    )
    peaks, _ = find_peaks(found, height=_LEAST_PEAK, prominence=_LEAST_PEAK)
    if not len(peaks):
        return 1
    # Two seasons are as much alike as one: of peaks that are about as high the first.
    return int(peaks[np.flatnonzero(found[peaks] > 0.85 * found[peaks].max())[0]])
