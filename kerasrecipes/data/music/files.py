"""Music as users have it: JSON of chords, MIDI files, and tunes in ABC."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.files import is_regular, natural_key, read_text, shown
from kerasrecipes.data.music.abc_reader import tunes
from kerasrecipes.data.music.midi_reader import notes_of
from kerasrecipes.data.music.pieces import (
    MusicExamples,
    Pieces,
    Sounding,
    frames_of,
    in_any_key,
)
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, split_of, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

MIDI, ABC, JSON = (".mid", ".midi"), (".abc",), (".json",)
FRAMES_PER_BEAT = 4  # of MIDI and ABC: sixteenths of a bar of four beats
_NAMED = 3  # files that a note names
_MOST_FRAMES = 100_000  # of a piece


@dataclass(frozen=True)
class MusicSource(FileSource):
    """The user's own music."""

    summary: str = (
        "your own music: a folder of MIDI files, ABC tunes, or JSON with lists of chords "
        '({"train": [[[60, 64, 67], …], …], …}, each a list of MIDI numbers)'
    )
    example: ClassVar[str] = "path/to/music"

    def load(self, request: Request) -> Splits:
        """Read the pieces; missing splits are drawn, a piece in another key on the same side.

        Files that are broken or have no notes are left out and named.

        Raises:
            UserError: if there is no such file or folder, or no music in it.
        """
        root = self.path_of(request)
        if not root.exists():
            raise UserError(f"there is no file or folder {root}")
        files = music_files(root) if root.is_dir() else [root]
        if not files:
            raise UserError(f"{root} holds no music (.mid, .abc, or .json)")
        by_split: dict[str, list[np.ndarray]] = {}
        broken: list[str] = []
        steps = {1 if file.suffix.lower() in JSON else FRAMES_PER_BEAT for file in files}
        if len(steps) > 1:
            raise UserError(f"{root} holds JSON and other music; give one kind at a time")
        for file in files:
            try:
                for split, frames in read(file).items():
                    named = split or _split_of(file, root)
                    by_split.setdefault(named, []).extend(frames)
            except UserError as error:
                broken.append(str(error))
        if not any(by_split.values()):
            raise UserError(broken[0] if broken else f"{root} holds no notes")
        notes = []
        if broken:
            named = "; ".join(broken[:_NAMED])
            notes.append(f"left out {len(broken):,} file{'s' * (len(broken) > 1)}: {named}")
        return music_splits(by_split, steps.pop(), request, notes)

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a file of music, or a folder with some."""
        place = Path(path).expanduser()
        return bool(music_files(place)) if place.is_dir() else _is_music(place)


def music_splits(
    by_split: Mapping[str, Sequence[np.ndarray]],
    frames_per_beat: int,
    request: Request,
    notes: Iterable[str] = (),
) -> Splits:
    """Return splits of pieces; missing ones are drawn, a piece in another key on the same side.

    Args:
        by_split: frames `(frames, 88)` of each piece, by split.
        frames_per_beat: steps of time to a beat.
        request: the seed, and whether a trained model is to be judged.
        notes: sentences for the user.

    Raises:
        UserError: if there are too few pieces.
    """
    parts = {
        name: MusicExamples(Pieces.of(rows, frames_per_beat)) for name, rows in by_split.items()
    }
    made, drawn = make_splits(
        parts, request, groups=lambda part: np.array(in_any_key(part), object)
    )
    return splits_of(made, Info(), (*notes, *drawn))


def read(file: str | Path | bytes) -> dict[str, list[np.ndarray]]:
    """Read the pieces of a file, or of the content of one.

    Args:
        file: JSON, MIDI or ABC.

    Returns:
        Frames `(frames, 88)` of each piece, by the split that the file names, or an empty word.

    Raises:
        UserError: if it is none of these, or has no notes.
    """
    name = shown(file)
    suffix = "" if isinstance(file, bytes) else Path(file).suffix.lower()
    if suffix in MIDI or (isinstance(file, bytes) and file.startswith(b"MThd")):
        return {"": [_framed(notes_of(file), name)]}
    text = read_text(file)
    if suffix in JSON or (isinstance(file, bytes) and text.lstrip().startswith(("[", "{"))):
        return _of_json(text, name)
    try:
        return {"": [_framed(notes, name) for notes in tunes(text)]}
    except UserError as error:
        raise UserError(f"{name}: {error}") from error


def _framed(notes: Sequence[Sounding], name: str) -> np.ndarray:
    if max(note.end for note in notes) * FRAMES_PER_BEAT > _MOST_FRAMES:
        raise UserError(f"{name} is longer than {_MOST_FRAMES // FRAMES_PER_BEAT:,} beats")
    frames = frames_of(notes, FRAMES_PER_BEAT)
    sounding = np.flatnonzero(frames.any(axis=1))
    return frames[sounding[0] :]  # without a rest before its first note


def _of_json(text: str, name: str) -> dict[str, list[np.ndarray]]:
    """Read `{"train": pieces, …}` or a list of pieces; a piece is a list of chords."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{name} is no JSON: {str(error).splitlines()[0][:100]}") from error
    if not isinstance(given, dict):
        given = {"": given}
    found: dict[str, list[np.ndarray]] = {}
    for word, pieces in given.items():
        split = SPLIT_OF_WORD.get(word.lower(), "" if word == "" else None)
        if split is None:
            raise UserError(
                f"{name}: expected pieces by train, valid and test, received '{word[:40]}'"
            )
        if not isinstance(pieces, list):
            raise UserError(f"{name}: expected a list of pieces, each a list of chords")
        rows = [_of_chords(piece, name) for piece in pieces]
        found[split] = [row for row in rows if len(row) and row.any()]
    if not any(found.values()):
        raise UserError(f"{name} has no notes")
    return found


def _of_chords(piece: Any, name: str) -> np.ndarray:
    """Return the frames of a list of chords, each a list of MIDI numbers or one of them."""
    if not isinstance(piece, list) or len(piece) > _MOST_FRAMES:
        raise UserError(f"{name}: expected a piece as a list of chords")
    notes = []
    for place, chord in enumerate(piece):
        for pitch in chord if isinstance(chord, list) else [chord]:
            if isinstance(pitch, bool) or not isinstance(pitch, (int, float)):
                raise UserError(
                    f"{name}: expected a MIDI number from 0 to 127, received {str(pitch)[:40]!r}"
                )
            if pitch != pitch or pitch < -1 or pitch > 127:
                raise UserError(f"{name}: {pitch} is no MIDI number from 0 to 127")
            if pitch > 0:  # 0 and -1 stand for a rest
                notes.append(Sounding(int(pitch), place, place + 1))
    frames = frames_of(notes, 1)
    return np.pad(frames, ((0, len(piece) - len(frames)), (0, 0)))


def music_files(root: Path) -> list[Path]:
    """Return the files of music in a folder and in those below it, in natural order."""
    return sorted(filter(_is_music, root.rglob("*")), key=lambda file: natural_key(str(file)))


def _is_music(file: Path) -> bool:
    known = (*MIDI, *ABC, *JSON)
    return (
        file.suffix.lower() in known and is_regular(file) and not file.name.startswith((".", "__"))
    )


def _split_of(file: Path, root: Path) -> str:
    """Return the split that the name of a file or of its folder says; else training."""
    words = (
        [file.stem, *(part.name for part in file.relative_to(root).parents)]
        if (file != root)
        else [file.stem]
    )
    return split_of(words) or "train"
