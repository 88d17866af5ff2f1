"""Recordings by index, of any number: in files that are decoded when taken, or in memory."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Protocol

import numpy as np

from kerasrecipes.data.audio.decoding import decode, workers
from kerasrecipes.data.ragged import Ragged


class Waves(Protocol):
    """Recordings of one channel.

    Attributes:
        rates: `(recordings,)`, samples a second.
        lengths: `(recordings,)`, samples at that rate.
    """

    @property
    def rates(self) -> np.ndarray:
        """Samples a second of each."""
        ...

    @property
    def lengths(self) -> np.ndarray:
        """Samples of each."""
        ...

    def read(self, indices: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """Return the samples of recordings at their own rate, `(samples,)` float32 each."""
        ...

    def name(self, index: int) -> str | None:
        """Return the file of a recording; `None` where it has none."""
        ...


class FileWaves:
    """Recordings in files, decoded in threads when they are read.

    Args:
        files: their paths.
        rates: `(files,)`, samples a second.
        lengths: `(files,)`, samples of each channel.
    """

    def __init__(self, files: Sequence[str], rates: np.ndarray, lengths: np.ndarray):
        self.files, self.rates, self.lengths = files, rates, lengths

    def read(self, indices: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """Decode recordings.

        Args:
            indices: of the recordings.

        Returns:
            `(samples,)` float32 each, at the file's own rate.

        Raises:
            UserError: if a file cannot be read any more.
        """
        return list(workers().map(lambda index: decode(self.files[int(index)])[0], indices))

    def name(self, index: int) -> str | None:
        """Return the path of a recording."""
        return self.files[index]


class ArrayWaves:
    """Recordings in memory, all of one rate.

    Args:
        rows: their samples, from -1 to 1.
        rate: samples a second.
    """

    def __init__(self, rows: Ragged, rate: int):
        self.rows, self.rate = rows, rate

    @property
    def rates(self) -> np.ndarray:
        """Samples a second of each, `(recordings,)`."""
        return np.full(len(self.rows), self.rate)

    @property
    def lengths(self) -> np.ndarray:
        """Samples of each, `(recordings,)`."""
        return self.rows.lengths

    def read(self, indices: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """Return the samples of recordings, `(samples,)` float32 each."""
        return [self.rows[int(index)] for index in indices]

    def name(self, index: int) -> None:
        """Return that a recording has no file."""
        return None


def resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Change the number of samples a second, without what the new rate cannot hold.

    Args:
        samples: `(samples,)` float32.
        rate: samples a second.
        wanted: samples a second afterwards.

    Returns:
        `(samples * wanted / rate,)` float32, rounded up.
    """
    if rate == wanted or not len(samples):
        return samples
    from scipy.signal import resample_poly

    factor = gcd(rate, wanted)
    # Odd pairs of rates, such as 44,100 and 8,001, would need filters of millions of samples.
    up, down = (wanted // factor, rate // factor) if max(wanted, rate) // factor <= 4000 else (1, 0)
    if not down:
        count = -(-len(samples) * wanted // rate)
        places = np.arange(count) * (rate / wanted)
        return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
    return resample_poly(samples, up, down).astype(np.float32)


def faster(samples: np.ndarray, speed: float) -> np.ndarray:
    """Play a recording faster, and higher, as a tape would.

    Args:
        samples: `(samples,)` float32.
        speed: 1.1 for a tenth faster.

    Returns:
        `(samples / speed,)` float32; at least one sample.
    """
    count = max(1, int(len(samples) / speed))
    return np.interp(np.arange(count) * speed, np.arange(len(samples)), samples).astype(np.float32)
