"""How much time measuring may take, and the geometric spacing of its moments."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Below these many seconds nobody notices, and a run of a few seconds shall be diagnosed too.
FREE_COMPILATION = 3.0
FREE_MEASURING = 0.5
# Training may stop early, so not all of the time that it is likely to take is counted on.
CAUTION = 0.8


class Clock:
    """Counts the seconds that go into measuring and compares them with those of the training.

    Args:
        share: the largest share of the training's time that measuring may take; None for no limit.
    """

    def __init__(self, share: float | None) -> None:
        self.share = share
        self.compiling = 0.0
        self.measuring = 0.0
        self.measurements = 0
        self.expected = 0.0  # seconds that the whole training is likely to take, 0 where nobody knows
        self._last = 0.0
        self._before = 0.0
        self._started: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since training began, those before an interruption included."""
        running = 0.0 if self._started is None else time.perf_counter() - self._started
        return self._before + running

    def start(self, elapsed: float = 0.0) -> None:
        """Let the time run, from `elapsed` seconds on."""
        self._before, self._started = elapsed, time.perf_counter()

    def stop(self) -> None:
        """Stop the time."""
        self._before, self._started = self.elapsed, None

    def allows(self, compilation: float) -> bool:
        """Whether the next measurement is affordable.

        Args:
            compilation: seconds that compiling is expected to take, if nothing is compiled yet.
        """
        if self.share is None:
            return True
        allowance = self.share * max(self.elapsed, CAUTION * self.expected)
        if not self.measurements:
            return compilation <= max(FREE_COMPILATION, allowance)
        return self.measuring + self._last <= max(FREE_MEASURING, allowance - self.compiling)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the seconds of the block; those of the first one are taken for compiling."""
        begun = time.perf_counter()
        yield
        seconds = time.perf_counter() - begun
        if self.measurements:
            self.measuring += seconds
            self._last = seconds
        else:
            self.compiling += seconds
        self.measurements += 1


def next_epoch(epoch: int) -> int:
    """Which epoch to look at after `epoch`: each of the first ten, then every sixth part further."""
    return max(epoch + 1, epoch * 7 // 6)
