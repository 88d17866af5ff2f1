"""Recordings with transcripts as users have them: in a table, in LibriSpeech's form, in names."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasrecipes.data import csv_reader, roles
from kerasrecipes.data.audio.decoding import Header, header, is_sound, workers
from kerasrecipes.data.audio.preprocessor import normalized
from kerasrecipes.data.audio.speech import SpeechExamples
from kerasrecipes.data.audio.waves import FileWaves
from kerasrecipes.data.files import is_regular, natural_key, read_text
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

_TABLES = (".tsv", ".csv", ".txt")
_NAMED = 5  # files that a note names
NO_SPEAKER = "none"  # of `--column speaker=none`

# Names that columns have in Common Voice, in LJ Speech and elsewhere.
_USUAL = {
    "audio": ("path", "file", "filename", "file_name", "audio", "wav", "recording", "clip"),
    "text": ("sentence", "transcript", "transcription", "text", "normalized_text", "words"),
    "speaker": ("client_id", "speaker", "speaker_id", "voice", "reader"),
}


class Spoken(NamedTuple):
    """A recording and what is said in it.

    Args:
        file: where it is; `None` where no such file was found.
        name: as the transcripts call it.
        transcript: what is said.
        speaker: who says it; empty where that is not known.
        split: that it is in; empty where nothing says so.
    """

    file: Path | None
    name: str
    transcript: str
    speaker: str
    split: str


@dataclass(frozen=True)
class TranscribedFolder(FileSource):
    """A folder of recordings, and a table with their transcripts or names that say them."""

    summary: str = (
        "your own folder of WAV, FLAC or other recordings with transcripts: a table of files and "
        "sentences, LibriSpeech's *.trans.txt, a text beside each, or names such as "
        "seven_anna_3.wav"
    )
    example = "path/to/recordings"
    roles = ("text", "speaker", "audio")

    def load(self, request: Request) -> Splits:
        """List recordings and transcripts; no sound is decoded yet.

        Recordings without a transcript, transcripts without a recording, and files that are no
        sound are left out and named in the notes. Where nothing names splits, they are drawn so
        that nobody speaks in two of them; `--column speaker=none` draws recordings instead.

        Raises:
            UserError: if there is no such folder, or nothing in it to learn from.
        """
        path = self.path_of(request)
        if not path.exists():
            raise UserError(f"there is no folder {path}")
        root = path if path.is_dir() else path.parent
        sounds = _sounds(root)
        if not sounds:
            raise UserError(f"{root} holds no recordings, such as WAV or FLAC files")
        said = _Said.of(request.options)
        listing = _Listing(root, sounds, said)
        lines = listing.lines(path)
        examples, splits, notes = _examples(lines, sounds, root)
        grouped = said.grouped and len(set(examples.all_speakers)) > 2
        parts, drawn = make_splits(
            {name: examples.select(indices) for name, indices in splits.items()},
            request,
            groups=(lambda part: part.speaker_names) if grouped else None,
        )
        if grouped and drawn:
            drawn = [*drawn, "nobody speaks in two splits (--column speaker=none: draw recordings)"]
        return splits_of(parts, Info(), (*dict.fromkeys(listing.notes), *notes, *drawn))

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder with recordings, or a table in one."""
        place = Path(path).expanduser()
        if place.is_file():
            inside = place.suffix.lower() in _TABLES
            return inside and next(_walked(place.parent), None) is not None
        return place.is_dir() and next(_walked(place), None) is not None


def _walked(root: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(root):
        # Changed in place, so that `os.walk` enters no hidden folder.
        folders[:] = sorted(name for name in folders if not name.startswith((".", "__MACOSX")))
        for name in names:
            path = Path(place, name)
            if is_sound(path) and is_regular(path):
                yield path


def _sounds(root: Path) -> list[Path]:
    return sorted(_walked(root), key=lambda path: natural_key(str(path)))


@dataclass(frozen=True)
class _Said:
    """What the user said of columns, or of the parts of names.

    Args:
        options: of the data, without `speaker` where there is to be none.
        grouped: whether recordings are divided by speaker.
    """

    options: Mapping[str, Any]
    grouped: bool

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> _Said:
        column = dict(options.get("column") or {})
        nobody = str(column.get("speaker", "")).lower() == NO_SPEAKER
        if nobody:
            del column["speaker"]
        return cls({**options, "column": column}, not nobody)

    def columns(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the column of each role that was named."""
        found = roles.named(self.options, names, TranscribedFolder.roles).roles
        return {role: roles.find(names, name) for role, name in found.items()}


@dataclass
class _Listing:
    """Finds recordings and transcripts in a folder.

    Args:
        root: the folder.
        sounds: its recordings.
        said: what the user said of columns.
    """

    root: Path
    sounds: Sequence[Path]
    said: _Said
    by_name: dict[str, Path] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Index recordings by their path, name and name without suffix; the first of one counts."""
        for path in self.sounds:
            inside = path.relative_to(self.root)
            for key in (str(inside), path.name, path.stem):
                self.by_name.setdefault(key, path)

    def lines(self, path: Path) -> list[Spoken]:
        """Return the transcripts, by the first form in which there are some."""
        if path.is_file():
            return list(self._table(path))
        forms: tuple[Callable[[], Iterable[Spoken]], ...] = (
            self._librispeech,
            self._tables,
            self._beside,
            self._names,
        )
        return next((lines for form in forms if (lines := list(form()))), [])

    def _librispeech(self) -> Iterator[Spoken]:
        """Lines `SPEAKER-CHAPTER-NUMBER WORDS` of `*.trans.txt`."""
        for path in sorted(self.root.rglob("*.trans.txt")):
            for line in read_text(path).splitlines():
                name, _, words = line.strip().partition(" ")
                if name:
                    speaker = name.partition("-")[0]
                    split = _split_of(path.relative_to(self.root).parts)
                    yield Spoken(self.by_name.get(name), name, words, speaker, split)

    def _tables(self) -> Iterator[Spoken]:
        """Rows of the folder's tables; one for each split, or one for all."""
        tables = [p for p in sorted(self.root.iterdir()) if p.suffix.lower() in _TABLES[:2]]
        named = [path for path in tables if _split_of([path.stem])]
        for path in named or [p for p in tables if p.stem not in ("invalidated", "other")][:1]:
            yield from self._table(path)

    def _table(self, path: Path) -> Iterator[Spoken]:
        usual = frozenset(name for some in _USUAL.values() for name in some)
        cells = csv_reader.read(str(path), known=usual)
        if len(cells.columns) < 2:
            raise UserError(
                f"{path}: expected a column of recordings and one of transcripts, received one "
                "column"
            )
        names = cells.names or [str(number + 1) for number in range(len(cells.columns))]
        column = self._roles(names, cells.columns)
        if cells.names:
            self.notes += roles.taken({role: names[place] for role, place in column.items()})
        split = _split_of([path.stem])
        speakers = cells.columns[column["speaker"]] if "speaker" in column else None
        pairs = zip(cells.columns[column["audio"]], cells.columns[column["text"]], strict=True)
        for row, (name, words) in enumerate(pairs):
            speaker = str(speakers[row] or "") if speakers is not None else ""
            name = str(name or "")
            file = self.by_name.get(name) or self.by_name.get(Path(name.replace("\\", "/")).name)
            yield Spoken(file, name, str(words or ""), speaker, split)

    def _roles(self, names: Sequence[str], columns: Sequence[Any]) -> dict[str, int]:
        """Return the index of the column of each role."""
        said = self.said.columns(names)
        found = {role: list(names).index(name) for role, name in said.items()}
        for role, usual in _USUAL.items():
            for place, name in enumerate(names):
                if name.lower().strip() in usual and place not in found.values():
                    found.setdefault(role, place)
        # Without usual names the recordings' column is the one whose cells are recordings.
        for place, cells in enumerate(columns):
            known = sum(Path(str(cell or "")).name in self.by_name for cell in cells[:50])
            if place not in found.values() and 2 * known >= min(50, len(cells)) > 0:
                found.setdefault("audio", place)
        rest = [place for place in range(len(names)) if place not in found.values()]
        if "audio" not in found:
            raise unknown("column of recordings", "audio", names)
        if "text" not in found and rest:
            found["text"] = rest[-1]  # LJ Speech has the words as they are spoken in the last
        if "text" not in found:
            raise unknown("column of transcripts", "text", names)
        return found

    def _beside(self) -> Iterator[Spoken]:
        """A text of the same name beside each recording, or in a folder of texts."""
        texts = {path.stem: path for path in sorted(self.root.rglob("*.txt"))}
        if not any(path.stem in texts for path in self.sounds):
            return
        for path in self.sounds:
            inside = path.relative_to(self.root)
            beside = path.with_suffix(".txt")
            text = beside if beside.is_file() else texts.get(path.stem)
            if text is not None:
                # VCTK has a folder for each speaker.
                folder = inside.parts[-2] if len(inside.parts) > 1 else ""
                speaker = "" if _split_of([folder]) else folder
                yield Spoken(
                    path, path.name, read_text(text), speaker, _split_of(inside.parts[:-1])
                )

    def _names(self) -> Iterator[Spoken]:
        """Names such as `7_jackson_32.wav`: words, speaker and number."""
        for path in self.sounds:
            parts = path.stem.split("_")
            numbers = [str(number + 1) for number in range(len(parts))]
            said = self.said.columns(numbers)
            text = parts[int(said.get("text", 1)) - 1]
            speaker = ""
            if "speaker" in said:
                speaker = parts[int(said["speaker"]) - 1]
            elif len(parts) > 1 and not parts[1].isdigit():
                speaker = parts[1]
            split = _split_of(path.relative_to(self.root).parts[:-1])
            yield Spoken(path, path.name, text.replace("-", " "), speaker, split)


def _split_of(words: Sequence[str]) -> str:
    """Return the split that a folder, such as `train-clean-100`, or a table's name says."""
    for word in words:
        if part := SPLIT_OF_WORD.get(re.split(r"[._\-\d]", word.lower())[0]):
            return part
    return ""


def _examples(
    lines: Sequence[Spoken], sounds: Sequence[Path], root: Path
) -> tuple[SpeechExamples, dict[str, np.ndarray], list[str]]:
    """Return all recordings that can be learned from, indices by split, and notes."""
    notes: list[str] = []
    missing = [line.name for line in lines if line.file is None]
    there = [line for line in lines if line.file is not None]
    silent = [line.name for line in there if not normalized(line.transcript)]
    there = [line for line in there if normalized(line.transcript)]
    told = {line.file for line in lines}
    alone = [str(path.relative_to(root)) for path in sounds if path not in told]
    headers = dict(zip(there, workers().map(_tried, (line.file for line in there)), strict=True))
    broken = [f"{line.name} ({found})" for line, found in headers.items() if isinstance(found, str)]
    kept = [line for line in there if not isinstance(headers[line], str)]
    for names, what in (
        (missing, "transcripts without a recording"),
        (silent, "recordings with an empty transcript"),
        (alone, "recordings without a transcript"),
        (broken, "files that are no sound"),
    ):
        if names:
            more = ", …" if len(names) > _NAMED else ""
            notes.append(f"left out: {len(names):,} {what}: {', '.join(names[:_NAMED])}{more}")
    if not kept:
        raise UserError(
            f"{root} has no recordings with transcripts; {'; '.join(notes) or 'there are none'}"
        )
    found = [headers[line] for line in kept]
    waves = FileWaves(
        [str(line.file) for line in kept],
        np.array([item.sample_rate for item in found if isinstance(item, Header)]),
        np.array([item.length for item in found if isinstance(item, Header)]),
    )
    splits = np.array([line.split or "train" for line in kept])
    indices = {str(name): np.flatnonzero(splits == name) for name in np.unique(splits)}
    transcripts, speakers = ([getattr(line, n) for line in kept] for n in ("transcript", "speaker"))
    return SpeechExamples(waves, transcripts, speakers), indices, notes


def _tried(file: Path) -> Header | str:
    """Return a file's header, or in words what is wrong with it."""
    try:
        found = header(file)
    except UserError as error:
        return str(error).split(" cannot be read as sound: ")[-1]
    return found if found.length else "it has no length"
