"""Faces with labels as people have them: in names of files, names of folders, or a CSV file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data import csv_reader, roles
from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.images.decoding import check, workers
from kerasrecipes.data.images.faces import MISSING, FaceLabels, RowLabels
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.row_files import choose, wanted
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, split_of, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import SPLITS, Request, Splits

OLDEST = 120  # years

_NAMED = 5  # files that a note names
# UTKFace's names: age, gender, race and date; of some the race is missing.
_NAME = re.compile(r"^(\d{1,3})_([01])(?:_\d)?_\d{6,}")
_GENDERS = ("male", "female")
_GENDER_OF = {
    **dict.fromkeys(("m", "male", "man", "boy", "0"), 0),
    **dict.fromkeys(("f", "female", "woman", "girl", "w", "1"), 1),
}
_EMOTION_OF = {
    **dict.fromkeys(("angry", "anger"), "angry"),
    **dict.fromkeys(("disgust", "disgusted"), "disgust"),
    **dict.fromkeys(("fear", "fearful", "afraid"), "fear"),
    **dict.fromkeys(("happy", "happiness", "joy"), "happy"),
    "neutral": "neutral",
    **dict.fromkeys(("sad", "sadness"), "sad"),
    **dict.fromkeys(("surprise", "surprised"), "surprise"),
    **dict.fromkeys(("contempt", "contemptuous"), "contempt"),
}
_COLUMNS = {
    "age": ("age", "years"),
    "gender": ("gender", "sex"),
    "emotion": ("emotion", "expression", "mood"),
}
_USUAL = {**_COLUMNS, "image": ("file", "image", "filename", "path", "name", "photo", "picture")}


@dataclass
class _Face:
    """An image and what is known of it.

    Args:
        path: of the image.
        split: that a folder above it names; empty without one.
        age: in years.
        gender: its index.
        emotion: its name.
    """

    path: Path
    split: str
    age: float | None = None
    gender: int | None = None
    emotion: str | None = None

    @property
    def known(self) -> tuple[str, ...]:
        """What is known."""
        return tuple(n for n in ("age", "gender", "emotion") if getattr(self, n) is not None)


@dataclass
class _Found:
    faces: list[_Face] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, names: Sequence[str], what: str) -> None:
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            self.notes.append(f"skipped {len(names)} {what}: {', '.join(names[:_NAMED])}{more}")


@dataclass(frozen=True)
class FaceFolder(FileSource):
    """A folder of faces: named as UTKFace's, in a folder for each emotion, or with a CSV file."""

    summary: str = (
        "your own faces: names such as 34_1_0_20170117.jpg (age, gender), a folder per emotion, or "
        "a CSV file of image, age, gender, emotion; labels may be missing"
    )
    example = "path/to/folder"
    roles = tuple(_USUAL)

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder."""
        return Path(path).expanduser().is_dir()

    def load(self, request: Request) -> Splits:
        """Find faces and what is known of each; none is decoded yet.

        Several sets may lie in one folder, each with its own labels; each is divided by itself.
        Images without any label, rows without an image, labels that cannot be read and broken files
        are named in the notes.

        Raises:
            UserError: if there is no such folder, or no face with a label in it.
        """
        root = self.path_of(request)
        if not root.is_dir():
            raise UserError(f"there is no folder {root}")
        found = _read(root, request.options)
        labels, emotions = _table(found.faces)
        files = ImageFiles(
            [str(one.path) for one in found.faces], np.arange(len(found.faces), dtype=np.int32)
        )
        parts, drawn = _divided(RowLabels(files, labels), found.faces, request)
        paths = {n: [str(files.files[int(i)]) for i in p.indices] for n, p in parts.items()}
        info = Info().with_facts(gender_classes=list(_GENDERS), emotion_classes=list(emotions))
        notes = (*found.notes, *drawn, *notes_of(file_hashes(paths), "image"))
        return splits_of(parts, info, notes)


def _divided(
    whole: RowLabels, faces: Sequence[_Face], request: Request
) -> tuple[dict[str, RowLabels], list[str]]:
    """Divide the faces of each set, which are those with the same labels."""
    indices: dict[str, list[np.ndarray]] = {name: [] for name in SPLITS}
    notes: dict[str, None] = {}
    for known in dict.fromkeys(one.known for one in faces):
        own = np.array([number for number, one in enumerate(faces) if one.known == known])
        given = {
            split: whole.select(own[[(faces[n].split or "train") == split for n in own]])
            for split in dict.fromkeys(faces[n].split or "train" for n in own)
        }
        if "train" not in given and request.trained_info is None:
            given = {"train": whole.select(own)}
        parts, drawn = make_splits(given, request)
        for name, part in parts.items():
            indices[name].append(np.asarray(part.indices, int))
        notes |= dict.fromkeys(f"{note} (with {' and '.join(known)})" for note in drawn)
    joined = {name: whole.select(np.concatenate(found)) for name, found in indices.items()}
    return joined, list(notes)


def _read(root: Path, options: Mapping[str, Any]) -> _Found:
    images = walk(root)[0]
    if not images:
        raise UserError(f"{root} holds no images")
    found = _Found()
    by_name = {path.name: path for path in images}
    by_name |= {str(path.relative_to(root)): path for path in images}
    faces = {path: _Face(path, split_of(path.relative_to(root).parts[:-1])) for path in images}
    for path, one in faces.items():
        _from_names(one, path.relative_to(root).parts[:-1], found)
    for table in [*sorted(root.glob("*.csv")), *sorted(root.glob("*.tsv"))]:
        _from_table(table, options, faces, by_name, found)
    labelled = [one for one in faces.values() if one.known]
    if not labelled:
        raise UserError(
            f"{root} holds no face with a label: expected names such as 34_1_0_20170117.jpg, a "
            "folder for each emotion, or a CSV file of image, age, gender, emotion"
        )
    found.note([one.path.name for one in faces.values() if not one.known], "images without a label")
    problems = workers().map(check, [str(one.path) for one in labelled])
    broken = []
    for one, (problem, _) in zip(labelled, problems, strict=True):
        if problem:
            broken.append(f"{one.path.name} ({problem})")
        else:
            found.faces.append(one)
    found.note(broken, "broken images")
    if not found.faces:
        raise UserError(f"{root} holds no face that can be read: {broken[0]}")
    return found


def _from_names(one: _Face, folders: Sequence[str], found: _Found) -> None:
    """Read what a file's name and its folders tell."""
    if (match := _NAME.match(one.path.name)) and int(match[1]) <= OLDEST:
        one.age, one.gender = float(match[1]), int(match[2])
    for folder in folders:
        one.emotion = _EMOTION_OF.get(folder.lower(), one.emotion)


def _from_table(
    table: Path,
    options: Mapping[str, Any],
    faces: dict[Path, _Face],
    by_name: dict[str, Path],
    found: _Found,
) -> None:
    """Read the rows of a table."""
    usual = frozenset(name for names in _USUAL.values() for name in names)
    # A name that no column has is an error, not a table without a header.
    cells = csv_reader.read(str(table), header=True if wanted(options) else None, known=usual)
    names = [name.strip() for name in cells.names or []]
    taken = dict(choose(names, _USUAL, options).columns)
    found.notes += roles.taken(taken)
    places = {output: names.index(name) for output, name in taken.items()}
    image = places.pop("image", None)
    if image is None or not places:
        raise UserError(
            f"{table}: expected columns image, and age, gender or emotion; received "
            f"{', '.join(names) or 'no names of columns'}; name them with --column age=COLUMN"
        )
    missing, wrong = [], []
    columns: list[Any] = cells.columns
    for number, name in enumerate(columns[image]):
        word = str(name or "").replace("\\", "/")
        path = by_name.get(word) or by_name.get(Path(word).name)
        if path is None:
            missing.append(word or "a row without a name")
            continue
        for output, place in places.items():
            cell = columns[place][number]
            if cell is None:
                continue
            value = _value(output, str(cell).strip().lower())
            if value is None:
                wrong.append(f"'{str(cell)[:20]}' as {output}")
            else:
                setattr(faces[path], output, value)
    found.note(missing, f"rows of {table.name}, whose images are not there")
    found.note(list(dict.fromkeys(wrong)), f"labels of {table.name} that cannot be read")


def _value(output: str, cell: str) -> Any:
    if output == "emotion":
        return _EMOTION_OF.get(cell, cell)
    if output == "gender":
        return _GENDER_OF.get(cell)
    try:
        return age if 0 <= (age := float(cell)) <= OLDEST else None
    except ValueError:
        return None


def _table(faces: Sequence[_Face]) -> tuple[FaceLabels, tuple[str, ...]]:
    """Return labels by output, and the names of the emotions."""
    counts = Counter(one.emotion for one in faces if one.emotion is not None)
    emotions = tuple(sorted(counts))
    age = [np.nan if one.age is None else one.age for one in faces]
    gender = [MISSING if one.gender is None else one.gender for one in faces]
    emotion = [MISSING if one.emotion is None else emotions.index(one.emotion) for one in faces]
    return {
        "age": np.array(age, np.float32)[:, None],
        "gender": np.array(gender, np.int32),
        "emotion": np.array(emotion, np.int32),
    }, emotions
