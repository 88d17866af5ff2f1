"""Generated hours of a load: trend, a day and a week, and spells in which the day is another."""

from __future__ import annotations

import numpy as np

from kerasrecipes.data.timeseries.clock import Clock
from kerasrecipes.data.timeseries.series import Series
from kerasrecipes.data.timeseries.sources import SeriesSource

HOURS = 24 * 7 * 26  # half a year
_FIRST = 19_723.0  # 1 January 2024, a Monday
_STAYS = 0.93  # chance that a spell goes on for another quarter of a day
_NAMES = ("north", "south", "east", "west")


class SeasonalSeries(SeriesSource):
    """Four series whose days have one of two shapes, in spells that last as long as they like.

    In a quiet spell the peak comes at noon and noise is small, in a busy one there are two peaks,
    morning and evening, that lie higher, and noise is large. Which spell it is shows in the hours
    before: to repeat yesterday or last week is right only where no spell has begun or ended.
    """

    summary = "four generated hourly series with a trend, two seasons and spells of other days"

    def series(self, seed: int) -> Series:
        """Generate half a year of hours by a seed."""
        random = np.random.default_rng(seed)
        parts = [_load(random) for _ in _NAMES]
        clock = Clock(days=1 / 24, form="%Y-%m-%d %H:%M")
        return Series.joined(_NAMES, parts, clock, [_FIRST] * len(_NAMES))


def _load(random: np.random.Generator) -> np.ndarray:
    hours = np.arange(HOURS)
    day, week = 2 * np.pi * hours / 24, 2 * np.pi * hours / 168
    spells = np.cumsum(random.random(HOURS // 6) > _STAYS) + random.integers(0, 2)
    busy = np.repeat(spells % 2 == 1, 6)
    noon = np.exp(3 * (np.cos(day - np.pi) - 1))
    peaks = np.exp(6 * (np.cos(day - 2 * np.pi * 8 / 24) - 1))
    peaks = peaks + 1.2 * np.exp(6 * (np.cos(day - 2 * np.pi * 19 / 24) - 1))
    shape = np.where(busy, 18 * peaks, 10 * noon)
    level = random.uniform(30, 80) + random.uniform(-8, 8) * hours / HOURS
    noise = np.where(busy, 2.0, 0.7) * random.normal(size=HOURS)
    for hour in range(1, HOURS):
        noise[hour] += 0.6 * noise[hour - 1]  # what is odd stays odd for some hours
    return level + 2.5 * np.sin(week + random.uniform(0, 6)) + shape + noise
