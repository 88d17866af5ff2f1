"""Budget of the time for measuring, and the geometric spacing of the moments."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Seconds that are always allowed: nobody notices them, and a run of a few seconds is diagnosed too.
FREE_COMPILATION = 1.0
FREE_MEASURING = 0.2
FREE_LITTLE = 0.03
# Part of the share for small measurements, so that they do not wait for large ones.
LITTLE = 0.2
# Training may stop early, so not all of the time that it is likely to take is counted on.
CAUTION = 0.8
# Part that may be spent at the beginning; the rest is earned with the steps, so that the end of the
# training is measured too.
AT_ONCE = 0.5
# Measurements at these parts of the training are made whatever they cost.
LEAST = (0.0, 0.8)


class Clock:
    """Clock of the seconds spent on measuring, compared with those of the training.

    Args:
        share: largest share of the training's time for measuring; None for no limit.
        compiles: whether the first measurement compiles, and its seconds are counted apart.
    """

    def __init__(self, share: float | None, compiles: bool = False) -> None:
        self.share, self.compiles = share, compiles
        self.compiling = 0.0
        self.measuring = 0.0
        self.little = 0.0
        self.measurements = 0
        self.expected = (
            0.0  # seconds that the whole training is likely to take, 0 where nobody knows
        )
        self.progress = 1.0  # the part of the steps that is done, 1 where nobody knows
        self._last = self._last_little = 0.0
        self._before = 0.0
        self._started: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since training began, those before an interruption included."""
        running = 0.0 if self._started is None else time.perf_counter() - self._started
        return self._before + running

    def start(self, elapsed: float = 0.0) -> None:
        """Start the clock, from `elapsed` seconds on."""
        self._before, self._started = elapsed, time.perf_counter()

    def stop(self) -> None:
        """Stop the clock."""
        self._before, self._started = self.elapsed, None

    def allows(self, compilation: float = 0.0) -> bool:
        """Whether the next measurement is affordable.

        Args:
            compilation: expected seconds of compiling, if nothing is compiled yet.
        """
        if self.share is None:
            return True
        allowance = (1 - LITTLE) * self._allowance()
        if not self.measurements:
            return compilation <= max(FREE_COMPILATION, allowance)
        if self.measurements < len(LEAST) and self.progress >= LEAST[self.measurements]:
            return True
        earned = AT_ONCE + (1 - AT_ONCE) * self.progress
        return self.measuring + self._last <= earned * max(
            FREE_MEASURING, allowance - self.compiling
        )

    def allows_little(self) -> bool:
        """Whether a small measurement is affordable, of weights alone."""
        if self.share is None:
            return True
        ahead, allowance = self.little + self._last_little, self._allowance()
        # What the large ones overdrew is taken from the small ones.
        return ahead <= max(FREE_LITTLE, min(LITTLE * allowance, allowance - self.measuring))

    def _allowance(self) -> float:
        assert self.share is not None, "without a share there is no limit"
        return self.share * max(self.elapsed, CAUTION * self.expected)

    @contextmanager
    def running(self, little: bool = False) -> Iterator[None]:
        """Context that counts the seconds of one measurement."""
        begun = time.perf_counter()
        yield
        seconds = time.perf_counter() - begun
        if little:
            self.little += seconds
            self._last_little = seconds
            return
        if self.compiles and not self.measurements:
            self.compiling += seconds
        else:
            self.measuring += seconds
            self._last = seconds
        self.measurements += 1


def next_epoch(epoch: int) -> int:
    """Return the epoch to measure after `epoch`: each of the first ten, then a sixth further."""
    return max(epoch + 1, epoch * 7 // 6)
