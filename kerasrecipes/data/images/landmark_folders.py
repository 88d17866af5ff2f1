"""Images with points in a folder: a table of coordinates, or a `.pts` file beside each image."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data import csv_reader, roles
from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.files import read_text
from kerasrecipes.data.images.decoding import check, is_image, workers
from kerasrecipes.data.images.embedding import person_of
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.images.landmarks import LandmarkFiles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, split_of, splits_of, words_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

NOBODY = "none"  # what --column person=none says

_NAMED = 5  # files that a note names
_FEW_PERSONS = 10  # so few names are no persons', but the words before the numbers of all files
_FAR = 0.5  # share of the points outside of an image from which they are not in its pixels


@dataclass
class _Found:
    """Images with points, and what could not be used.

    Args:
        names: of the points.
        rows: path, points in pixels and split of each image.
        notes: sentences for the user.
    """

    names: tuple[str, ...] = ()
    rows: list[tuple[Path, np.ndarray, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def note(self, names: Sequence[str], what: str) -> None:
        if names:
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            self.notes.append(f"skipped {len(names)} {what}: {', '.join(names[:_NAMED])}{more}")


@dataclass(frozen=True)
class LandmarkFolder(FileSource):
    """A folder of images and a CSV file with a row of coordinates each, or `.pts` files."""

    summary: str = (
        "your own images with points: a CSV file of image and coordinates (x, y, x, y, …), or a "
        ".pts file beside each image"
    )
    example = "path/to/folder"
    roles = ("image", "person")

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder, or a CSV file."""
        place = Path(path).expanduser()
        return place.is_dir() or place.suffix.lower() in (".csv", ".tsv")

    def load(self, request: Request) -> Splits:
        """Find images and their points; none is decoded for training yet.

        Images without points, rows without an image, broken files and points that are in no image
        are left out and named in the notes. Who is shown is read from the names of the files, such
        as `Ann_Lee_03.jpg`; nobody is in two splits, also where tables of a training and a test
        split share persons, unless `--column person=none` says so.

        Raises:
            UserError: if there is no such folder, or nothing in it that can be used.
        """
        root = self.path_of(request)
        if not root.exists():
            raise UserError(f"there is no folder or file {root}")
        found = _read(root, request.options)
        examples = _examples(found, root)
        column = dict(request.options.get("column") or {})
        divided = str(column.get("person", "")).lower() != NOBODY
        given = {
            split: examples.select(np.flatnonzero([row[2] == split for row in found.rows]))
            for split in dict.fromkeys(row[2] for row in found.rows)
        }
        if "train" not in given and request.trained_info is None:
            given = {"train": examples}
        persons = np.array([person_of(row[0].name) for row in found.rows], object)
        divided = divided and _FEW_PERSONS <= len(set(persons)) < len(persons)
        notes = list(found.notes)
        if divided and request.trained_info is None and (shared := _shared(given, persons)):
            notes.append(
                f"{shared:,} persons are in several tables, so the images were divided anew, by "
                "person (--column person=none: keep the tables' own)"
            )
            given = {"train": examples}
        parts, drawn = make_splits(
            given, request, groups=(lambda part: persons[part.indices]) if divided else None
        )
        if divided and drawn:
            notes = [*notes, *(n.replace("examples", "persons") for n in drawn)]
        else:
            notes = [*notes, *drawn]
        paths = {n: [str(p.images[int(i)]) for i in p.indices] for n, p in parts.items()}
        info = Info(input_shape=(None, None, 3), targets=found.names)
        return splits_of(parts, info, (*notes, *notes_of(file_hashes(paths), "image")))


def _shared(given: Mapping[str, LandmarkFiles], persons: np.ndarray) -> int:
    """Return the number of persons who are in two splits."""
    of = [set(persons[part.indices]) for part in given.values()]
    return sum(sum(name in one for one in of) > 1 for name in set(persons)) if len(of) > 1 else 0


def _read(root: Path, options: Mapping[str, Any]) -> _Found:
    folder = root if root.is_dir() else root.parent
    images = walk(folder)[0]
    if not images:
        raise UserError(f"{folder} holds no images")
    points = {path.stem: path for path in sorted(folder.rglob("*.pts"))}
    if root.is_dir() and points:
        return _pts(images, points, folder)
    tables = (
        [root] if root.is_file() else sorted(folder.glob("*.csv")) + sorted(folder.glob("*.tsv"))
    )
    if not tables:
        raise UserError(
            f"{root} holds no points: expected a CSV file with an image's name and its coordinates "
            "in each row, or a .pts file beside each image"
        )
    found = _Found()
    for path in tables:
        _table(path, images, folder, found, options)
    return found


def _split_of(names: Sequence[str]) -> str:
    """Return the split that a word of some names says; empty without one."""
    return split_of(word for name in names for word in words_of(name))


def _table(
    path: Path,
    images: Sequence[Path],
    folder: Path,
    found: _Found,
    options: Mapping[str, Any],
) -> None:
    """Read the rows of a table."""
    rows: list[Any] = csv_reader.read(str(path), header=False).columns
    place = next((n for n, column in enumerate(rows) if _is_names(column[1:])), None)
    if said := roles.column_of(options, "image"):
        titles = [str(column[0] or "") for column in rows]
        place = titles.index(roles.find(titles, said, "image column"))
    if place is None:
        raise UserError(f"{path}: expected a column with the names of images, and found none")
    # Names of columns may be numbers, but where an image should be there is none.
    header = [str(column[0] or "") for column in rows] if not _is_names(rows[place][:1]) else None
    cells = [column[1:] for column in rows] if header else rows
    found.notes += roles.taken({"image": header[place]}) if header and header[place] else []
    split = _split_of([path.stem])
    by_name: dict[str, Path] = {}
    for image in images:
        inside = image.relative_to(folder)
        # Of images of one name in two folders that of the table's split counts.
        if image.name not in by_name or (split and _split_of(inside.parts[:-1]) == split):
            by_name[image.name] = image
        by_name[str(inside)] = image
    columns = [n for n in range(len(cells)) if n != place]
    titles = [header[n] if header else "" for n in columns]
    names, order = _names_of(titles)
    values = [csv_reader.numbers(cells[columns[n]]) for n in order]
    wrong = [n for n, column in zip(order, values, strict=True) if column is None]
    if wrong or not values or len(values) % 2:
        what = f"'{titles[wrong[0]]}' holds no numbers" if wrong else f"{len(values)} of them"
        raise UserError(
            f"{path}: expected an x and a y for each point in the columns beside the image's name; "
            f"received {what}"
        )
    if found.names and found.names != names:
        raise UserError(f"{path}: has {len(names)} points, another table {len(found.names)}")
    found.names = names
    points: Any = np.stack([np.asarray(column) for column in values], axis=1)
    missing: list[str] = []
    for name, row in zip(cells[place], points.reshape(len(points), -1, 2), strict=True):
        word = str(name or "").replace("\\", "/")
        named = by_name.get(word) or by_name.get(Path(word).name)
        if named is None:
            missing.append(word or "a row without a name")
        else:
            own = split or _split_of(named.relative_to(folder).parts[:-1]) or "train"
            found.rows.append((named, row, own))
    found.note(missing, f"rows of {path.name}, whose images are not there")


def _is_names(column: np.ndarray) -> bool:
    some = [cell for cell in column[:50] if cell]
    return bool(some) and all(is_image(Path(str(cell))) for cell in some)


def _names_of(titles: Sequence[str]) -> tuple[tuple[str, ...], list[int]]:
    """Return the names of points, and the columns in the order x, y, x, y, …"""
    bases = [re.sub(r"[ _.-]?[xy]$", "", title.lower()) for title in titles]
    ends = [title.lower()[-1:] for title in titles]
    names = tuple(dict.fromkeys(bases))
    places = {pair: n for n, pair in enumerate(zip(bases, ends, strict=True))}
    if all(names) and len(names) * 2 == len(titles) == len(places) and set(ends) == {"x", "y"}:
        order = [places[name, end] for name in names for end in "xy" if (name, end) in places]
        if len(order) == len(titles):
            return tuple(name.replace("_", " ") for name in names), order
    return tuple(f"point {n + 1}" for n in range(len(titles) // 2)), list(range(len(titles)))


def _pts(images: Sequence[Path], points: Mapping[str, Path], folder: Path) -> _Found:
    """Read a `.pts` file for each image, as sets of faces have them."""
    found, broken, rows = _Found(), [], []
    alone = [image.name for image in images if image.stem not in points]
    for image in images:
        if (path := points.get(image.stem)) is None:
            continue
        try:
            # The first pixel is 1 there.
            rows.append((image, np.array(list(_numbers(path)), float).reshape(-1, 2) - 1))
        except (ValueError, UserError) as error:
            broken.append(f"{path.name} ({str(error).splitlines()[0][:80]})")
    usual = Counter(len(row) for _, row in rows).most_common(1)
    count = usual[0][0] if usual else 0
    found.names = tuple(f"point {n + 1}" for n in range(count))
    for image, row in rows:
        if len(row) == count:
            split = _split_of(image.relative_to(folder).parts[:-1]) or "train"
            found.rows.append((image, row, split))
        else:
            broken.append(f"{image.stem}.pts ({len(row)} points, others have {count})")
    found.note(broken, "files of points")
    found.note(alone, "images without a file of points")
    return found


def _numbers(path: Path) -> Iterator[float]:
    inside = read_text(path).partition("{")[2].partition("}")[0]
    for word in inside.split():
        yield float(word)


def _examples(found: _Found, root: Path) -> LandmarkFiles:
    """Check images and points; rows that cannot be used leave `found`."""
    problems = list(workers().map(lambda row: check(str(row[0])), found.rows))
    kept, broken, empty, outside = [], [], [], []
    for row, (problem, (height, width)) in zip(found.rows, problems, strict=True):
        image, points, _ = row
        if problem:
            broken.append(f"{image.name} ({problem})")
            continue
        known = np.isfinite(points).all(axis=1)
        inside = ((points >= 0) & (points <= [width, height])).all(axis=1)
        if not known.any():
            empty.append(image.name)
        elif (known & ~inside).sum() > _FAR * known.sum():
            outside.append(image.name)
        else:
            kept.append((image, np.where(known[:, None], points, np.nan), row[2]))
    found.note(broken, "broken images")
    found.note(empty, "images without a point")
    found.note(outside, "images whose points lie outside of them")
    if not kept:
        why = f": {found.notes[-1]}" if found.notes else ""
        raise UserError(f"{root} holds no image with points{why}")
    found.rows = kept
    images = [str(image) for image, _, _ in kept]
    return LandmarkFiles(images, np.stack([points for _, points, _ in kept]))
