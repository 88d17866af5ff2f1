"""Pieces of music as frames: which of a piano's 88 keys sound at each step of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, cast

import numpy as np

from kerasrecipes.data.examples import Examples, batch_random
from kerasrecipes.data.music.preprocessor import KEYS, LOWEST, MusicPreprocessor
from kerasrecipes.data.ragged import padded_length
from kerasrecipes.errors import UserError
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits

_SHIFTS = (-5, 6)  # semitones by which a piece is moved; further ones are keys again
_PACKED = -(-KEYS // 8)  # bytes of a frame


class Sounding(NamedTuple):
    """A note of a piece.

    Args:
        pitch: MIDI number.
        start: in beats.
        end: in beats.
    """

    pitch: int
    start: float
    end: float


def frames_of(notes: Sequence[Sounding], frames_per_beat: int) -> np.ndarray:
    """Lay notes on a grid of time.

    Args:
        notes: of a piece; those beyond a piano's keys are moved by octaves.
        frames_per_beat: steps of the grid.

    Returns:
        `(frames, 88)` uint8, 1 where a key sounds; a note has at least one frame.
    """
    starts = [round(note.start * frames_per_beat) for note in notes]
    ends = [
        max(start + 1, round(note.end * frames_per_beat))
        for note, start in zip(notes, starts, strict=True)
    ]
    found = np.zeros((max(ends, default=0), KEYS), np.uint8)
    for note, start, end in zip(notes, starts, ends, strict=True):
        key = note.pitch - LOWEST
        while key < 0:
            key += 12
        while key >= KEYS:
            key -= 12
        found[start:end, key] = 1
    return found


class Pieces:
    """Pieces one after another, eight keys to a byte.

    Args:
        bits: `(frames, 11)` uint8, the frames of all pieces.
        offsets: `(pieces + 1,)`, where each begins, and where the last one ends.
        frames_per_beat: steps of time.
    """

    def __init__(self, bits: np.ndarray, offsets: np.ndarray, frames_per_beat: int):
        self.bits, self.offsets, self.frames_per_beat = bits, offsets, frames_per_beat

    @classmethod
    def of(cls, rows: Iterable[np.ndarray], frames_per_beat: int) -> Pieces:
        """Pack pieces; an iterator is read once.

        Args:
            rows: `(frames, 88)` each.
            frames_per_beat: steps of time.

        Returns:
            The pieces, eight keys to a byte.
        """
        packed = [np.packbits(row.astype(np.uint8), axis=1) for row in rows]
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in packed], dtype=np.int64)])
        bits = np.concatenate(packed) if packed else np.zeros((0, _PACKED), np.uint8)
        return cls(bits, offsets, frames_per_beat)

    @property
    def lengths(self) -> np.ndarray:
        """Frames of each piece."""
        return np.diff(self.offsets)

    def frames(self, piece: int, start: int = 0, stop: int | None = None) -> np.ndarray:
        """Return frames of a piece.

        Args:
            piece: its number.
            start: first frame.
            stop: frame behind the last one; by default the end of the piece.

        Returns:
            `(frames, 88)` uint8.
        """
        first, end = int(self.offsets[piece]), int(self.offsets[piece + 1])
        rows = self.bits[first + start : end if stop is None else min(end, first + stop)]
        return np.unpackbits(rows, axis=1, count=KEYS)


class MusicExamples(Examples):
    """Stretches of pieces, of which each frame but the first is to be predicted.

    Args:
        pieces: all that there are.
        stretches: `(examples, 3)`, piece, first frame, and the frame behind the last; by default
            each piece is one.
        transposed: whether each batch moves every stretch to another key, as for training.
        seed: of the draws.
    """

    def __init__(
        self,
        pieces: Pieces,
        stretches: np.ndarray | None = None,
        *,
        transposed: bool = False,
        seed: int = 0,
    ):
        if stretches is None:
            count = len(pieces.lengths)
            stretches = np.stack(
                [np.arange(count), np.zeros(count, np.int64), pieces.lengths], axis=1
            )
        self.pieces, self.stretches = pieces, stretches.astype(np.int64).reshape(-1, 3)
        self.transposed, self.seed = transposed, seed
        predicted = self.stretches[:, 2] - self.stretches[:, 1] - 1
        self.lengths = np.maximum(8, -(-predicted // 8) * 8)

    def __len__(self) -> int:
        return len(self.stretches)

    @property
    def signature(self) -> Any:
        """Structure of a batch, `(shape, dtype)` for each column; an axis that varies is `None`."""
        chords = ((None, None, KEYS), np.dtype(np.uint8))
        return chords, chords, ((None, None), np.dtype(np.float32))

    def frames(self, index: int) -> np.ndarray:
        """Return the frames of an example as they are, `(frames, 88)`."""
        piece, start, stop = map(int, self.stretches[index])
        return self.pieces.frames(piece, start, stop)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch: frames `(batch, time + 1, 88)`, the same without the first, and weights
        `(batch, time)`, 0 for padding.
        """
        rows = [self.frames(int(index)) for index in indices]
        if self.transposed:
            random = batch_random(self.seed, indices)
            rows = [moved(row, int(random.integers(*_SHIFTS, endpoint=True))) for row in rows]
        longest = padded_length(max((len(row) - 1 for row in rows), default=1))
        x = np.zeros((len(rows), longest + 1, KEYS), np.uint8)
        weight = np.zeros((len(rows), longest), np.float32)
        for place, row in enumerate(rows):
            x[place, : len(row)] = row
            weight[place, : len(row) - 1] = 1
        return x, x[:, 1:], weight

    def select(self, indices: np.ndarray) -> MusicExamples:
        """Return a collection of only the examples at these indices."""
        return MusicExamples(
            self.pieces, self.stretches[indices], transposed=self.transposed, seed=self.seed
        )

    def groups(self) -> list[np.ndarray]:
        """Return the indices of the examples that are about as long, group by group."""
        assert self.lengths is not None
        rounded = np.array([padded_length(int(length)) for length in self.lengths])
        return [np.flatnonzero(rounded == length) for length in np.unique(rounded)]


def moved(frames: np.ndarray, semitones: int) -> np.ndarray:
    """Transpose frames, no further than a piano's keys reach.

    Args:
        frames: `(frames, 88)`.
        semitones: upwards, or down if negative.

    Returns:
        The frames in another key.
    """
    keys = np.flatnonzero(frames.any(axis=0))
    if not len(keys):
        return frames
    shift = min(max(semitones, -int(keys[0])), KEYS - 1 - int(keys[-1]))
    return np.roll(frames, shift, axis=1)


def in_any_key(examples: MusicExamples) -> list[bytes]:
    """Return what tells pieces apart but for their key and tempo: the frames from the lowest key
    on, each as often as the next one differs.
    """
    found = []
    for index in range(len(examples)):
        frames = examples.frames(index)
        keys = np.flatnonzero(frames.any(axis=0))
        changes = np.append(True, (frames[1:] != frames[:-1]).any(axis=1))[: len(frames)]
        low = int(keys[0]) if len(keys) else 0
        found.append(np.roll(frames[changes], -low, axis=1).tobytes())
    return found


def prepare(
    splits: Splits,
    *,
    frames_per_beat: Count | None = None,
    max_frames: Count = 256,
    transposed: bool = True,
) -> Splits:
    """Cut pieces into stretches.

    Args:
        splits: of whole pieces.
        frames_per_beat: steps of time to a beat; by default as the source has them, 1 for JSON and
            4 for MIDI and ABC, of which they have to be a divisor.
        max_frames: most frames of a stretch; of long pieces each next one begins with the last
            frame of the one before.
        transposed: whether each training batch is moved to keys that are drawn.

    Returns:
        Splits of stretches. `info` gains a `MusicPreprocessor`.

    Raises:
        UserError: if the steps do not divide the source's, or no piece has two frames.
    """
    info = splits.trained_info or splits.info
    train = cast(MusicExamples, splits.train)
    if splits.trained_info is None:
        own = train.pieces.frames_per_beat
        info = replace(info, preprocessor=MusicPreprocessor.fit(frames_per_beat or own))
    wanted = MusicPreprocessor.of(info).frames_per_beat
    if max_frames < 2:
        raise UserError(f"max_frames={max_frames}: must be at least 2")

    def cut(examples: MusicExamples, training: bool) -> MusicExamples:
        own = examples.pieces.frames_per_beat
        if own % wanted:
            raise UserError(
                f"frames_per_beat={wanted}: this music has {own} steps to a beat; give a divisor"
            )
        rows = [examples.frames(index)[:: own // wanted] for index in range(len(examples))]
        pieces = Pieces.of(rows, wanted)
        stretches = [
            (piece, start, min(length, start + max_frames))
            for piece, length in enumerate(pieces.lengths.tolist())
            for start in range(0, length - 1, max_frames - 1)
        ]
        return MusicExamples(
            pieces, np.array(stretches).reshape(-1, 3), transposed=training and transposed
        )

    parts = {
        name: cut(cast(MusicExamples, getattr(splits, name)), name == "train")
        for name in ("train", "validation", "test")
    }
    if splits.trained_info is None and not len(parts["train"]):
        raise UserError("no training piece has two frames, of which the second could be predicted")
    return replace(splits, **cast(Any, parts), info=replace(info, input_shape=(None, KEYS)))
