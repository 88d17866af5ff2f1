"""Generated chorales: four voices that move by small steps through the chords of a key.

A piece has four phrases, of which the second is mostly the first again and the last ends on the
tonic. Its chords follow a grammar, its voices take the nearest notes of each chord, and between
chords some voices pass through the scale. So what comes next depends on the key, on the chord
before and on where in the phrase it is; how often each key sounds tells little of that.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kerasrecipes.data.music.files import music_splits
from kerasrecipes.data.music.pieces import Sounding, frames_of
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.recipe import Request, Splits

_COUNT, _SEED = 320, 88
FRAMES_PER_BEAT = 2
_CHORDS, _PHRASES = 8, 4  # chords of a phrase, each a beat long, and phrases of a piece
_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
# Which chord follows which, by the step of the scale that it stands on, from 0.
_NEXT = {
    0: (3, 4, 5, 1),
    1: (4, 4, 6),
    2: (5, 3),
    3: (4, 0, 1),
    4: (0, 0, 5),
    5: (3, 1, 4),
    6: (0,),
}
_RANGES = ((60, 79), (55, 72), (48, 67))  # of soprano, alto and tenor; the bass is below
_PASSING = 0.35  # of the steps of a third that a voice fills


@dataclass(frozen=True)
class Chorales(SyntheticSource):
    """Generated pieces of four voices."""

    summary: str = f"{_COUNT} generated chorales of four voices, in all keys"

    def load(self, request: Request) -> Splits:
        """Generate the pieces, the same each time, and divide them by the seed."""
        pieces = [frames_of(notes, FRAMES_PER_BEAT) for notes in written(_COUNT, _SEED)]
        splits = music_splits({"train": pieces}, FRAMES_PER_BEAT, request)
        return replace(splits, notes=())  # that generated pieces are divided is no news


def written(count: int, seed: int) -> list[list[Sounding]]:
    """Generate pieces.

    Args:
        count: number of pieces.
        seed: of the draw.

    Returns:
        The notes of each, with times in beats.
    """
    random = np.random.default_rng(seed)
    return [_piece(random) for _ in range(count)]


def _piece(random: np.random.Generator) -> list[Sounding]:
    tonic, mode = int(random.integers(12)), ("major", "minor")[int(random.random() < 0.4)]
    scale = _SCALES[mode]
    first, third = _phrase(random, 4), _phrase(random, 4)
    second = first if random.random() < 0.8 else _phrase(random, 4)
    steps = [*first, *second, *third, *_phrase(random, 0)]
    voices = _voices(steps, scale, tonic, random)
    found = []
    for line in voices:
        found += _with_passing(line, scale, tonic, random)
    return found


def _phrase(random: np.random.Generator, last: int) -> list[int]:
    """Draw the chords of a phrase, which begins on the tonic and ends on a half or whole close."""
    steps = [0]
    while len(steps) < _CHORDS - 2:
        steps.append(int(random.choice(_NEXT[steps[-1]])))
    return [*steps, *((0, 4) if last == 4 else (4, 0))]


def _voices(
    steps: list[int], scale: tuple[int, ...], tonic: int, random: np.random.Generator
) -> list[list[int]]:
    """Lead four voices through chords: the bass by roots, the others to the nearest notes."""
    now = [int(random.integers(low + 4, high - 4)) for low, high in _RANGES]
    lines: list[list[int]] = [[] for _ in range(4)]
    bass = 48
    for step in steps:
        tones = [(tonic + scale[(step + third) % 7]) % 12 for third in (0, 2, 4)]
        if step == 4:
            tones[1] = (tonic + 11) % 12  # the leading tone, in minor too
        left = set(tones)
        for voice, (low, high) in enumerate(_RANGES):
            # Tones that no voice has yet go first.
            wanted = left or set(tones)
            notes = [note for note in range(low, high + 1) if note % 12 in wanted]
            now[voice] = min(notes, key=lambda note: (abs(note - now[voice]), note))
            left -= {now[voice] % 12}
            lines[voice].append(now[voice])
        bass = min(
            (note for note in range(36, 56) if note % 12 == tones[0]),
            key=lambda note: (abs(note - bass), note),
        )
        lines[3].append(bass)
    return lines


def _with_passing(
    line: list[int], scale: tuple[int, ...], tonic: int, random: np.random.Generator
) -> list[Sounding]:
    """Return the notes of a voice; some steps of a third are filled by the note between."""
    tones = {(tonic + step) % 12 for step in scale}
    found: list[Sounding] = []
    for beat, pitch in enumerate(line):
        after = line[beat + 1] if beat + 1 < len(line) else pitch
        between = [n for n in range(min(pitch, after) + 1, max(pitch, after)) if n % 12 in tones]
        if abs(after - pitch) in (3, 4) and between and random.random() < _PASSING:
            found += [Sounding(pitch, beat, beat + 0.5), Sounding(between[0], beat + 0.5, beat + 1)]
        else:
            found.append(Sounding(pitch, beat, beat + 1))
    return found
