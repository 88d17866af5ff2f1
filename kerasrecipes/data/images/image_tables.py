"""Labelled images that a table lists: a row with the file and the class of each."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.files import is_regular, natural_key
from kerasrecipes.data.images.decoding import check, is_image, workers
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.images.folders import subfolders, walk
from kerasrecipes.data.row_files import SUFFIXES, RowFile, choose, unused, wanted, weight
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

# Usual names of the columns, the likeliest first; weights are only those that the user names.
_USUAL: dict[str, tuple[str, ...]] = {
    "image": (
        *("image", "image_path", "image_name", "image_id", "img", "file", "filename"),
        *("file_name", "filepath", "path", "photo", "picture", "id"),
    ),
    "target": ("label", "class", "category", "target", "breed", "species", "class_name", "y"),
    "split": ("split", "set", "subset", "partition", "fold_name"),
    "weight": (),
}
_NAMES = [name for names in _USUAL.values() for name in names]
_NAMED = 3  # files that a note names
_MOST = 0.5  # share of the cells of a column that name images


@dataclass(frozen=True)
class ImageTable(FileSource):
    """The user's own table of image files and their classes."""

    summary: str = (
        "a table of images, with their classes, beside the images, CSV, TSV or JSON lines "
        "(--data labels.csv --target breed)"
    )
    example: ClassVar[str] = "labels.csv"
    roles: ClassVar[tuple[str, ...]] = tuple(_USUAL)

    def load(self, request: Request) -> Splits:
        """Read the table, find and check the files; none is decoded yet.

        Files are looked for by their path from the table's folder, else anywhere below it by their
        name, with its suffix or without. Rows without a file or a class, and files that cannot be
        read, are left out and named in the notes. A column `split`, or the one that
        `--column split=COLUMN` names, tells the splits; see `make_splits` for those it does not.

        Raises:
            UserError: if there is no such table, its columns are not found, or it does not hold
                images of at least two classes.
        """
        path = _table(self.path_of(request))
        known = request.trained_info.columns if request.trained_info else {}
        file = RowFile(str(path), usual=_NAMES, wanted=[*known.values(), *wanted(request.options)])
        finder = _Finder(path.parent)
        columns, by = _columns(file, request.options, known, finder)
        rows = list(_rows(file, columns))
        notes = [*file.notes, *unused(file.names, columns)]
        found = [finder(row["image"]) for row in rows]
        _note(notes, [r["image"] for r, f in zip(rows, found, strict=True) if f is None], "missing")
        labelled = [bool(row["target"]) for row in rows]
        if without := labelled.count(False):
            notes.append(f"left out {without:,} rows without a class")
        kept = [n for n, f in enumerate(found) if f is not None and labelled[n]]
        problems = list(workers().map(lambda n: check(str(found[n]))[0], kept))
        broken = [rows[n]["image"] for n, why in zip(kept, problems, strict=True) if why]
        _note(notes, broken, "not images that can be read")
        kept = [n for n, why in zip(kept, problems, strict=True) if not why]
        images, classes = _examples(rows, found, kept, columns, request, path)
        groups: dict[str, list[int]] = {}
        for place, n in enumerate(kept):
            word = rows[n].get("split", "train").lower()
            if word not in SPLIT_OF_WORD:
                raise UserError(
                    f"the split '{word[:40]}' in the column '{columns['split']}' is none of train, "
                    "validation and test"
                )
            groups.setdefault(SPLIT_OF_WORD[word], []).append(place)
        if "train" not in groups and request.trained_info is None:
            raise UserError(f"no row of {path} is in the split train")
        given = {name: images.select(np.array(places)) for name, places in groups.items()}
        parts, drawn = make_splits(given, request, labels=attrgetter("y"))
        paths = {
            name: [str(part.files[int(number)]) for number in part.indices]
            for name, part in parts.items()
        }
        repeated = notes_of(file_hashes(paths), "image")
        info = Info(classes=classes, columns=columns, columns_by=by)
        return splits_of(parts, info, (*notes, *drawn, *repeated))

    def accepts(self, path: str) -> bool:
        """Whether `path` is a table of images, or a folder with one whose subfolders are no
        classes.
        """
        place = Path(path).expanduser()
        if place.is_dir():
            return not _has_classes(place) and len(_tables(place)) == 1
        return _lists_images(place)


def _has_classes(root: Path) -> bool:
    """Whether a folder has a subfolder for each of several classes, at once or in its splits."""
    folders = subfolders(root)
    splits = [path for path in folders if path.name.lower() in SPLIT_OF_WORD]
    return len(folders) - len(splits) > 1 or any(len(subfolders(path)) > 1 for path in splits)


def _tables(root: Path) -> list[Path]:
    return [path for path in sorted(root.iterdir()) if _lists_images(path)]


def _table(path: Path) -> Path:
    tables = _tables(path) if path.is_dir() else [path]
    if len(tables) != 1:
        raise UserError(f"the folder {path} holds {len(tables)} tables of images; name one of them")
    return tables[0]


def _lists_images(path: Path) -> bool:
    """Whether a file is a table with a column that names images, or files of a usual name."""
    if path.suffix.lower() not in SUFFIXES or not is_regular(path) or path.name[0] in "._":
        return False
    try:
        file = RowFile(str(path), usual=_NAMES)
    except UserError:
        return False
    # Names without a suffix are ids of images only where the folder has images so called.
    finder = _Finder(path.parent)
    return max(_shares(file, finder).values(), default=0) > _MOST


def _shares(file: RowFile, finder: _Finder) -> dict[str, float]:
    """Return the share of each column's first cells that name images."""
    return {
        name: sum(is_image(Path(cell)) or finder(cell) is not None for cell in cells)
        / max(1, len(cells))
        for name, cells in file.cells.items()
    }


class _Finder:
    """Finds images by what a table calls them.

    Args:
        root: the table's folder.
    """

    def __init__(self, root: Path):
        self.root = root
        self._known: dict[str, Path] | None = None

    def __call__(self, name: str) -> Path | None:
        """Return the file of an image; `None` where there is none."""
        name = name.strip().replace("\\", "/")
        if not name or len(name) > os.pathconf("/", "PC_PATH_MAX"):
            return None
        path = Path(name).expanduser()
        file = path if path.is_absolute() else self.root / path
        if is_image(file) and is_regular(file):
            return file
        if self._known is None:
            images, _ = walk(self.root)
            # The first of several with one name counts; a whole name goes before one without.
            self._known = {}
            for key in (attrgetter("name"), attrgetter("stem")):
                for image in images:
                    self._known.setdefault(key(image), image)
        return self._known.get(path.name)


def _columns(
    file: RowFile, options: Mapping[str, Any], known: Mapping[str, str], finder: _Finder
) -> tuple[dict[str, str], str]:
    """Return the columns by role, and what decided the classes'."""
    chosen = choose(file.names, _USUAL, options, known)
    found = dict(chosen.columns)
    shares = _shares(file, finder)
    if "image" not in chosen.said and not shares.get(found.get("image", "")):
        # A usual name alone is not enough: `id` may number the rows.
        found.pop("image", None)
        others = {name: share for name, share in shares.items() if name not in found.values()}
        best = max(others, key=lambda name: others[name], default="")
        if not others.get(best):
            raise UserError(
                f"no column of {file.path} names images beside it; name one with --column "
                f"image=COLUMN: {', '.join(file.names)}"
            )
        found["image"] = best
    by = "" if "target" in chosen.said else "name" if "target" in found else "cells"
    if "target" not in found:
        left = [name for name in file.names if name not in found.values()]
        if not left:
            raise UserError(f"{file.path} has no column of classes beside '{found['image']}'")
        # Classes repeat.
        found["target"] = min(left, key=lambda name: len(set(file.cells[name])))
    if found["target"] == found["image"]:
        raise UserError(f"image and target are both the column '{found['image']}'; name two")
    return {role: found[role] for role in _USUAL if role in found}, by


def _rows(file: RowFile, columns: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Rows by role."""
    for cells in file.rows(list(columns.values())):
        yield {role: cell.strip() for role, cell in zip(columns, cells, strict=True)}


def _examples(
    rows: Sequence[Mapping[str, str]],
    found: Sequence[Path | None],
    kept: Sequence[int],
    columns: Mapping[str, str],
    request: Request,
    path: Path,
) -> tuple[ImageFiles, tuple[str, ...]]:
    """Return the images of the rows that are kept, and the classes."""
    counts = Counter(rows[n]["target"] for n in kept)
    classes = tuple(sorted(counts, key=natural_key))
    least = 2 if request.trained_info is None else 1
    if len(classes) < least:
        names = f"one class, '{classes[0]}'" if classes else "no images that are found"
        raise UserError(f"{path} lists {names}; images of at least two classes are needed")
    # A column with nearly as many words as images holds names or numbers, not classes.
    if request.trained_info is None and len(classes) > max(20, len(kept) // 3):
        raise UserError(
            f"'{columns['target']}' has {len(classes):,} different words for {len(kept):,} images, "
            "too many for classes; name another column with --target"
        )
    position = {label: number for number, label in enumerate(classes)}
    labels = np.array([position[rows[n]["target"]] for n in kept], np.int32)
    weights = None
    if "weight" in columns:
        weights = np.array([weight(rows[n]["weight"], columns["weight"]) for n in kept], np.float32)
        # With a mean of 1, for a learning rate suits gradients of one size.
        weights /= max(1e-30, float(weights.mean()))
    files = [str(found[n]) for n in kept]
    return ImageFiles(files, labels, weights=weights), classes


def _note(notes: list[str], names: Sequence[str], what: str) -> None:
    if names:
        some = ", ".join(name[:60] for name in names[:_NAMED])
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        notes.append(f"left out {len(names):,} rows whose files are {what}: {some}{more}")
