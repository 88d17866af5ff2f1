"""Music to frames and back to notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from kerasrecipes.preprocessing import Preprocessor

KEYS, LOWEST = 88, 21  # of a piano, and the MIDI number of its lowest key
NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
# How often each step of a scale sounds, from its first on, as listeners judge that it fits.
_PROFILES = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}


class Held(NamedTuple):
    """A key that is held.

    Args:
        pitch: MIDI number.
        start: in beats.
        length: in beats.
    """

    pitch: int
    start: float
    length: float


@dataclass(frozen=True, kw_only=True)
class MusicPreprocessor(Preprocessor):
    """Frames of a piano's keys, so many to a beat.

    Args:
        frames_per_beat: steps of time to a beat.
    """

    kind: ClassVar[str] = "music"
    inputs: ClassVar[str] = "music"

    frames_per_beat: int

    @classmethod
    def fit(cls, frames_per_beat: int) -> MusicPreprocessor:
        """Return the preprocessor of a grid of time.

        Args:
            frames_per_beat: steps of time to a beat.
        """
        return cls(frames_per_beat=frames_per_beat)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Return a model's input for one piece, `(1, frames, 88)` uint8.

        Args:
            frames: `(frames, 88)`, 1 where a key sounds.
        """
        return np.asarray(frames, np.uint8)[None]

    def decode(self, frames: np.ndarray) -> list[Held]:
        """Return the notes of frames; a key that sounds in frames next to each other is held.

        Args:
            frames: `(frames, 88)`.

        Returns:
            The notes by start and pitch.
        """
        edges = np.diff(np.pad(np.asarray(frames, np.int8), ((1, 1), (0, 0))), axis=0)
        found = []
        for key in np.flatnonzero(edges.any(axis=0)):
            starts, ends = np.flatnonzero(edges[:, key] > 0), np.flatnonzero(edges[:, key] < 0)
            found += [
                Held(int(key) + LOWEST, a / self.frames_per_beat, (b - a) / self.frames_per_beat)
                for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
            ]
        return sorted(found, key=lambda note: (note.start, note.pitch))


def key_of(frames: np.ndarray) -> tuple[int, str, float]:
    """Find the key of a piece, by how often each of the twelve tones sounds.

    Args:
        frames: `(frames, 88)`.

    Returns:
        Its first tone from 0 for C to 11, `major` or `minor`, and the correlation with what such a
        key is expected to have.

    Reference:
        Cognitive Foundations of Musical Pitch (Krumhansl, 1990)
    """
    counts = np.bincount((np.arange(KEYS) + LOWEST) % 12, frames.sum(axis=0, dtype=np.float64), 12)
    best = (-2.0, 0, "major")
    for mode, profile in _PROFILES.items():
        for tonic in range(12):
            turned = np.roll(profile, tonic)
            likeness = float(np.corrcoef(counts, turned)[0, 1]) if counts.std() else 0.0
            best = max(best, (likeness, tonic, mode))
    return best[1], best[2], best[0]
