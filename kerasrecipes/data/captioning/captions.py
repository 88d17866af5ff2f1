"""Images with captions: Flickr8k's files, and any CSV of image and caption.

An image with all its captions is in one split only, so that no test image was seen in training.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data import csv_reader, roles
from kerasrecipes.data.examples import Answered
from kerasrecipes.data.files import is_regular, read_text
from kerasrecipes.data.images.decoding import check, is_image, workers
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits
from kerasrecipes.data.text.teacher_forcing import teacher_forced
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

MIN_IMAGES = 10  # with captions, in all splits
_FLICKR = re.compile(r"(.+?\.\w+)#\d+(?:\s+(.*))?")  # "image.jpg#0<tab>a caption"
_IMAGE_COLUMNS = ("image", "image_name", "image_path", "file", "file_name", "filename", "path")
_CAPTION_COLUMNS = ("caption", "comment", "captions", "text", "sentence", "description")
_COLUMNS_OF = {"image": "column of images", "target": "column of captions"}  # for messages
_TABLES = (".csv", ".tsv", ".txt")
_SHOWN = 3  # names in a note


class CaptionExamples(Answered):
    """Images with their captions, as text.

    Args:
        images: examples whose labels are ignored.
        references: one or more captions of each image.
    """

    def __init__(self, images: Any, references: Sequence[tuple[str, ...]]):
        self.images, self.references = images, list(references)

    def __len__(self) -> int:
        return len(self.references)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return the images at `indices`, and the first caption of each."""
        firsts = np.array([self.references[n][0] for n in indices], object)
        return self.images.take(indices)[0], firsts

    def select(self, indices: np.ndarray) -> CaptionExamples:
        """Return the images at `indices`."""
        return CaptionExamples(self.images.select(indices), [self.references[n] for n in indices])


class CaptionTokenExamples(RaggedExamples):
    """Captions as token ids, each with the features of its image.

    Inputs are `image`, the features, and `target`, which begins with the start token; the labels
    are the target one token later, which ends with the end token.

    Args:
        captioned: the images with all their captions.
        features: features of these images, examples in the same order.
        image_indices: `(captions,)`, the index of each caption's image.
        tokens: token ids of each caption.

    Attributes:
        nearest: for each image a caption of the most similar training image, a baseline; empty
            where it is not known.
    """

    def __init__(
        self, captioned: CaptionExamples, features: Any, image_indices: np.ndarray, tokens: Ragged
    ):
        inputs, labels, weight = teacher_forced(tokens)
        super().__init__({"target": inputs}, labels, weight)
        self.captioned, self.features = captioned, features
        self.image_indices, self.tokens = image_indices, tokens
        self.nearest: list[str] = []

    @property
    def signature(self) -> Any:
        """Shape and dtype of each column of a batch; see `RaggedExamples`."""
        x, *rest = super().signature
        one = self.features.take(np.array([0]))[0]
        return ({"image": ((None, *one.shape[1:]), np.dtype(np.float32)), **x}, *rest)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of the captions at `indices`, padded, with their images' features."""
        x, *rest = super().take(indices)
        images = self.features.take(self.image_indices[indices])[0]
        return ({"image": np.asarray(images, np.float32), **x}, *rest)

    def select(self, indices: np.ndarray) -> CaptionTokenExamples:
        """Return the captions at `indices`."""
        chosen = CaptionTokenExamples(
            self.captioned, self.features, self.image_indices[indices], self.tokens.take(indices)
        )
        chosen.nearest = self.nearest
        return chosen

    @property
    def references(self) -> list[tuple[str, ...]]:
        """All captions of each example's image."""
        return [self.captioned.references[index] for index in self.image_indices]


@dataclass(frozen=True)
class CaptionFileSource(FileSource):
    """The user's own images with captions."""

    summary: str = (
        "images with captions: a folder as Flickr8k's, or a CSV of image and caption (--data PATH)"
    )
    example: ClassVar[str] = "Flickr8k/"
    roles: ClassVar[tuple[str, ...]] = ("image", "target")

    def load(self, request: Request) -> Splits:
        """Find captions and images; what lacks its other half is noted and left out.

        Raises:
            UserError: if there are no captions, or fewer than ten images that have one.
        """
        path = self.path_of(request)
        notes: list[str] = []
        folder = path if path.is_dir() else path.parent
        files = [
            Path(place) / name for place, _, names in os.walk(folder) for name in sorted(names)
        ]
        files = [file for file in files if is_regular(file)]
        written, columns = _captions(path, files, request.options)
        captions = _cleaned(written, notes)
        # By name alone, for captions that are not in the folder of their images, as Flickr8k's.
        known = {file.name: file for file in files if is_image(file)}
        present = {name: found for name in captions if (found := _image(name, folder, known))}
        _note(
            notes,
            [name for name in captions if name not in present],
            "captions without image, left out",
        )
        used = {file.name for file in present.values()}
        _note(notes, sorted(set(known) - used), "images without caption, left out")
        present = _readable(present, notes)
        if len(present) < (1 if request.trained_info else MIN_IMAGES):
            raise UserError(
                f"'{path}' has {len(present)} images with captions; "
                f"at least {MIN_IMAGES} are needed"
            )
        images = ImageFiles(list(map(str, present.values())), np.zeros(len(present), np.int32))
        whole = CaptionExamples(images, [captions[name] for name in present])
        lists = _lists(files)
        parts = _listed(whole, list(present), lists)
        # Lists that name no training image are of other images: then none of them counts.
        if "train" in parts or (parts and request.trained_info):
            unlisted = sorted(set(present).difference(*lists.values()))
            _note(notes, unlisted, "images that no list names, left out")
        else:
            parts = {"train": whole}
        made, drawn = make_splits(parts, request)
        return splits_of(made, [*notes, *drawn], columns=columns)

    def accepts(self, path: str) -> bool:
        """Whether `path` is a folder, or a file with a usual suffix of tables."""
        found = Path(path).expanduser()
        return found.is_dir() or (found.is_file() and found.suffix.lower() in _TABLES)


def splits_of(
    parts: Mapping[str, CaptionExamples],
    notes: Iterable[str] = (),
    *,
    drawn: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Splits:
    """Return splits of images with captions.

    Args:
        parts: `train`, `validation` and `test`.
        notes: sentences for the user.
        drawn: whether the images are drawings, and not photographs.
        columns: those that were taken from a table, by their roles.
    """
    some: Mapping[str, Any] = parts
    return Splits(**some, info=Info(drawn=drawn, columns=columns or {}), notes=tuple(notes))


def _captions(
    path: Path, files: Sequence[Path], options: Mapping[str, Any]
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the captions of each image, by the image's name in the file, and the columns that
    were taken by their roles, where there are columns.
    """
    if path.is_file():
        candidates = [path]
    else:
        # Any CSV will do, but a .txt only with a telling name: it may be a readme or a list.
        texts = [file for file in files if file.suffix.lower() in _TABLES]
        candidates = [
            file for file in texts if re.search(r"token|caption|results", file.name.lower())
        ]
        candidates = candidates or [file for file in texts if file.suffix.lower() != ".txt"]
    if not candidates:
        raise UserError(
            f"there are no captions in '{path}'; expected Flickr8k.token.txt, captions.txt or a CSV"
        )
    # Flickr8k has its captions several times over: as they are, and as lemmas.
    chosen = min(
        candidates,
        key=lambda file: ("lemma" in file.name.lower(), "token" not in file.name.lower(), file),
    )
    flickr = _flickr(chosen)
    return (flickr, {}) if flickr else _table(chosen, options)


def _flickr(path: Path) -> dict[str, list[str]]:
    """Read lines of `image.jpg#number caption`; nothing if the first line is not one."""
    found: dict[str, list[str]] = {}
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        match = _FLICKR.fullmatch(line.strip())
        if match is None and not found:
            return {}
        if match is None:
            raise UserError(
                f"{path}, line {number}: expected image.jpg#0 and a caption, received '{line[:60]}'"
            )
        found.setdefault(match[1], []).append(match[2] or "")
    return found


def _table(path: Path, options: Mapping[str, Any]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Read a CSV of images and captions, with a header of usual names or without one."""
    said = {role: roles.column_of(options, role) for role in CaptionFileSource.roles}
    # A name that no column has is an error, not a table without a header.
    named = any(word and not word.lstrip("-").isdecimal() for word in said.values())
    usual = {"image": _IMAGE_COLUMNS, "target": _CAPTION_COLUMNS}
    known = frozenset(name for likely in usual.values() for name in likely)
    cells = csv_reader.read(str(path), header=named or None, known=known)
    if len(cells.columns) < 2:
        raise UserError(
            f"{path}: expected a column of images and one of captions, received one column"
        )
    numbers = range(len(cells.columns))
    names = cells.names or [f"column_{number + 1}" for number in numbers]
    found = {
        role: names.index(roles.find(names, word, _COLUMNS_OF[role]))
        for role, word in said.items()
        if word
    }
    lower = [name.lower().strip() for name in names]
    for role, likely in usual.items():
        free = [k for k in numbers if k not in found.values()]
        if not free:
            raise UserError(f"{path} has no column of {role}s beside the one that is named")
        # Without usual names the image is in the first column, and the caption in the last.
        place = free[0] if role == "image" else free[-1]
        if role == "image" and lower[place] in _CAPTION_COLUMNS and len(free) > 1:
            place = free[1]
        found.setdefault(role, next((k for k in free if lower[k] in likely), place))
    pairs: dict[str, list[str]] = {}
    columns = (cells.columns[found[role]] for role in ("image", "target"))
    for name, text in zip(*columns, strict=True):
        if name:
            pairs.setdefault(name, []).append(text or "")
    return pairs, {role: names[k] for role, k in found.items()}


def _cleaned(captions: Mapping[str, list[str]], notes: list[str]) -> dict[str, tuple[str, ...]]:
    """Return captions without empty ones, which are noted, and without repetitions."""
    cleaned = {
        name: tuple(dict.fromkeys(t for text in some if (t := text.strip())))
        for name, some in captions.items()
    }
    empty = sum(not text.strip() for some in captions.values() for text in some)
    if empty:
        notes.append(f"empty captions, left out: {empty}")
    return {name: some for name, some in cleaned.items() if some}


def _image(name: str, folder: Path, known: Mapping[str, Path]) -> Path | None:
    """Find an image by its path, or anywhere below the folder by its name."""
    file = folder / name
    return file if file.is_file() else known.get(Path(name.replace("\\", "/")).name)


def _readable(present: Mapping[str, Path], notes: list[str]) -> dict[str, Path]:
    """Return the files that are images, and note why others are not."""
    problems = list(workers().map(lambda file: check(str(file))[0], present.values()))
    broken = [f"{name} ({why})" for name, why in zip(present, problems, strict=True) if why]
    _note(notes, broken, "captioned files that are not images, left out")
    return {
        name: file for (name, file), why in zip(present.items(), problems, strict=True) if not why
    }


def _note(notes: list[str], names: Sequence[str], what: str) -> None:
    if names:
        notes.append(f"{what}: {len(names):,}, such as {', '.join(names[:_SHOWN])}")


def _lists(files: Sequence[Path]) -> dict[str, set[str]]:
    """Return the names of the images of each split, by Flickr8k's lists, if there are any."""
    found: dict[str, set[str]] = {}
    for file in files:
        match = re.search(r"(train|dev|val|test)\w*images\.txt$", file.name.lower())
        if match:
            lines = map(str.strip, read_text(file).split("\n"))
            found[SPLIT_OF_WORD[match[1]]] = {line for line in lines if line}
    return found


def _listed(
    whole: CaptionExamples, names: Sequence[str], lists: Mapping[str, set[str]]
) -> dict[str, CaptionExamples]:
    """Return the splits that lists of images name, but for empty ones."""
    indices = {
        split: [k for k, name in enumerate(names) if name in listed]
        for split, listed in lists.items()
    }
    return {split: whole.select(np.array(some)) for split, some in indices.items() if some}
