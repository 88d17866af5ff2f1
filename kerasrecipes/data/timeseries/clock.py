"""Clocks of series: the step from one row to the next, and times brought to regular steps."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from kerasrecipes.errors import UserError

_MOST_EMPTY = 20  # grid rows for each row of the data, beyond which steps are no steps
_ON_GRID = 0.02  # of a step, by which a time may be beside it
_LOOKED_AT = 100_000  # rows by which a step is told
# Seconds of a season: a day of what comes more often, else a week.
_DAY, _WEEK = 86_400, 7 * 86_400


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Step of a series, and how its times are written.

    Args:
        days: length of a step; 0 where it is counted in months.
        months: length of a step in months; 0 where it is one of days.
        form: format of the times, as `strftime` has it.
    """

    days: float = 0.0
    months: int = 0
    form: str = "%Y-%m-%d"

    @property
    def season(self) -> int:
        """Rows of the season that people expect: of a year, a week or a day; 1 without one."""
        if self.months:
            return max(1, 12 // self.months)
        seconds = self.days * 86_400
        for length in (_DAY, _WEEK):
            if 1 < round(length / seconds) <= 1440:
                return round(length / seconds)
        return 1

    @property
    def said(self) -> str:
        """The step in words."""
        if self.months:
            return "a month" if self.months == 1 else f"{self.months} months"
        seconds = self.days * 86_400
        for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
            if seconds >= length * 0.999:
                count = seconds / length
                return f"{count:g} {unit}{'' if count == 1 else 's'}"
        return f"{seconds:g} seconds"

    def times(self, first: float, count: int) -> list[str]:
        """Write the times of rows that follow one another.

        Args:
            first: time of the first, in days since 1970.
            count: number of rows.

        Returns:
            The times as text.
        """
        return [self._moment(first, row).strftime(self.form) for row in range(count)]

    def after(self, first: float, rows: int) -> float:
        """Return the time of a row, in days since 1970.

        Args:
            first: time of the first row.
            rows: how many rows later.
        """
        return self._moment(first, rows).timestamp() / 86_400

    def _moment(self, first: float, rows: int) -> datetime:
        begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=round(first * 86_400))
        if not self.months:
            return begin + timedelta(seconds=round(rows * self.days * 86_400))
        year, month = divmod(begin.year * 12 + begin.month - 1 + rows * self.months, 12)
        last = monthrange(year, month + 1)[1]
        return begin.replace(year=year, month=month + 1, day=min(begin.day, last))


def months_of(days: np.ndarray) -> np.ndarray:
    """Return the number of the month of each time, counted from 1970.

    Args:
        days: times in days since 1970.
    """
    return np.floor(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def clock_of(days: np.ndarray, form: str) -> Clock:
    """Find the step that most neighbours are apart.

    Args:
        days: times in days since 1970, ascending, none twice.
        form: their format.

    Returns:
        The clock.

    Raises:
        UserError: if there are fewer than two.
    """
    if len(days) < 2:
        raise UserError("a series needs at least two rows with different times")
    # Of a long series the beginning tells.
    days = days[:_LOOKED_AT]
    gaps = np.round(np.diff(days) * 86_400).astype(np.int64)
    steps, counts = np.unique(gaps, return_counts=True)
    most = float(steps[counts.argmax()]) / 86_400
    month_gaps = np.diff(months_of(days))
    begins = months_of(days).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    # Months differ in length: they are told by the day, which stays the same or is the last.
    same = len(np.unique(np.floor(days) - begins)) == 1
    ends = bool((months_of(days + 1) > months_of(days)).all())
    if most >= 28 and (same or ends) and (month_gaps > 0).all():
        steps, counts = np.unique(month_gaps, return_counts=True)
        return Clock(months=int(steps[counts.argmax()]), form=form)
    return Clock(days=most, form=form)


def rows_of(days: np.ndarray, clock: Clock, name: str) -> tuple[np.ndarray, int]:
    """Return the row of a regular grid for each time.

    Args:
        days: times in days since 1970, ascending.
        clock: of the series.
        name: of the series, for messages.

    Returns:
        The rows, ascending, the first 0; and how many times were beside their row's.

    Raises:
        UserError: if the times follow no step.
    """
    if clock.months:
        exact = (months_of(days) - months_of(days[:1])) / clock.months
    else:
        exact = (days - days[0]) / clock.days
    rows = np.round(exact).astype(np.int64)
    if rows[-1] + 1 > _MOST_EMPTY * len(days):
        raise UserError(
            f"the times of {name} follow no step: most are {clock.said} apart, and {len(days):,} "
            f"rows would fill {rows[-1] + 1:,}; bring them to a regular step first"
        )
    return rows, int((np.abs(exact - rows) > _ON_GRID).sum())
