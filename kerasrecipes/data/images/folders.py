"""Labelled images in folders: one subfolder of image files per class."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.files import is_regular, natural_key
from kerasrecipes.data.images.decoding import check, is_image, workers
from kerasrecipes.data.images.files import ImageFiles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

_NAMED = 5  # files that a note names


@dataclass(frozen=True)
class Folder(FileSource):
    """A folder with one subfolder of images per class."""

    summary: str = (
        "your own folder with one subfolder of images per class, "
        "with or without train, validation, test"
    )
    example = "path/to/folder"

    def load(self, request: Request) -> Splits:
        """List and check the files; none is decoded yet.

        Broken files are left out and named in the notes. See `make_splits` for splits that the
        folder does not have.

        Raises:
            UserError: if there is no such folder, or it does not hold images of at least two
                classes.
        """
        root = self.path_of(request)
        if not root.is_dir():
            raise UserError(f"there is no folder {root}")
        listing = listing_of(root)
        listing.drop_broken(root)
        classes = _classes(listing.files, root, least=2 if request.trained_info is None else 1)
        given = {name: _examples(found, classes) for name, found in listing.files.items()}
        for label, files in listing.files["train"].items():
            # Fewer than three cannot be divided among three splits.
            if len(files) < 3:
                listing.notes.append(
                    f"class '{label}' has {len(files)} training image{'s' * (len(files) > 1)} only"
                )
        parts, drawn = make_splits(given, request, labels=attrgetter("y"))
        paths = {
            name: [str(part.files[int(number)]) for number in part.indices]
            for name, part in parts.items()
        }
        repeated = notes_of(file_hashes(paths), "image")
        return splits_of(parts, Info(classes=classes), (*listing.notes, *drawn, *repeated))

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder."""
        return Path(path).expanduser().is_dir()


def walk(root: Path) -> tuple[list[Path], int]:
    """List the image files under a folder in natural order, and count its other visible files."""
    images, others = [], 0
    for place, folders, names in os.walk(root):
        # Changed in place, so that `os.walk` enters no hidden folder.
        folders[:] = [name for name in folders if _visible(name)]
        for name in filter(_visible, names):
            path = Path(place, name)
            # A pipe or a socket would be waited for.
            if is_image(path) and is_regular(path):
                images.append(path)
            else:
                others += 1
    return sorted(images, key=lambda path: natural_key(str(path))), others


def _visible(name: str) -> bool:
    # What macOS, Synology and Windows put beside the user's own files.
    return not name.startswith((".", "__MACOSX", "@eaDir")) and name not in (
        "Thumbs.db",
        "desktop.ini",
    )


@dataclass
class Listing:
    """Image files by split and class, and what was found wrong.

    Args:
        files: paths by split and class.
        notes: sentences for the user.
    """

    files: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def drop_broken(self, root: Path) -> None:
        """Leave out files that cannot be read, and say which."""
        names = [
            name for classes in self.files.values() for files in classes.values() for name in files
        ]
        problems = {n: p for n, (p, _) in zip(names, workers().map(check, names), strict=True) if p}
        if not problems:
            return
        for classes in self.files.values():
            for label, files in classes.items():
                classes[label] = [name for name in files if name not in problems]
        named = [
            f"{os.path.relpath(name, root)} ({problem})"
            for name, problem in list(problems.items())[:_NAMED]
        ]
        more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        self.notes.append(
            f"skipped {len(problems)} of {len(names)} images: {', '.join(named)}{more}"
        )


def subfolders(root: Path) -> list[Path]:
    """Return the visible folders in a folder, in natural order."""
    return sorted(
        (p for p in root.iterdir() if p.is_dir() and _visible(p.name)),
        key=lambda p: natural_key(p.name),
    )


def listing_of(root: Path) -> Listing:
    """List the images of each class of a folder, by split where its folders name splits.

    Args:
        root: the folder.

    Returns:
        The files, none of which was looked into.

    Raises:
        UserError: if it holds no folder of images, or two of a split.
    """
    listing, inside = Listing(), subfolders(root)
    splits = {
        path: SPLIT_OF_WORD[path.name.lower()]
        for path in inside
        if path.name.lower() in SPLIT_OF_WORD
    }
    if not any(name == "train" and subfolders(path) for path, name in splits.items()):
        splits = {}  # classes may be called so
    for path, name in splits.items():
        if name in listing.files:
            raise UserError(f"{root} has two folders for the split {name}; keep one of them")
        listing.files[name] = _by_class(path, listing.notes)
    if not splits:
        listing.files["train"] = _by_class(root, listing.notes)
    elif unused := [path.name for path in inside if path not in splits]:
        listing.notes.append(f"ignored beside the splits: {', '.join(unused)}")
    return listing


def _by_class(root: Path, notes: list[str]) -> dict[str, list[str]]:
    """List the images of each subfolder."""
    loose = [p.name for p in root.iterdir() if p.is_file() and _visible(p.name)]
    found, others = {}, len(loose)
    for path in subfolders(root):
        images, strange = walk(path)
        others += strange
        if images:
            found[path.name] = [str(image) for image in images]
        else:
            notes.append(f"ignored the folder {path.name}: it holds no images")
    if not found:
        loose_images = sum(is_image(Path(name)) for name in loose)
        received = (
            f"{loose_images} images that lie in no subfolder" if loose_images else "no images"
        )
        raise UserError(f"{root} holds {received}; one subfolder of images per class is needed")
    if others:
        notes.append(
            f"ignored {others} file{'s' * (others > 1)} in {root.name} "
            "that are not images of a class"
        )
    return found


def _classes(
    files: Mapping[str, Mapping[str, list[str]]], root: Path, least: int
) -> tuple[str, ...]:
    """Return the classes of the training images, and refuse files of others.

    Args:
        files: by split and class.
        root: the folder, for messages.
        least: number of classes that are needed.

    Raises:
        UserError: if there are fewer classes, or one of another split is not among them.
    """
    classes = tuple(
        label for label in sorted(files["train"], key=natural_key) if files["train"][label]
    )
    if len(classes) < least:
        names = f"one class, '{classes[0]}'" if classes else "no images that can be read"
        raise UserError(f"{root} holds {names}; at least two subfolders with images are needed")
    # On file systems that ignore case, the two would be one folder.
    if twins := [
        name for name, count in Counter(label.lower() for label in classes).items() if count > 1
    ]:
        same = " and ".join(label for label in classes if label.lower() == twins[0])
        raise UserError(
            f"{root}: the folders {same} differ in upper and lower case only; rename or merge them"
        )
    for split, found in files.items():
        if strange := [label for label in found if label not in classes and found[label]]:
            raise UserError(
                f"{root}: class '{strange[0]}' occurs in {split} but has no training images"
            )
    return classes


def _examples(found: Mapping[str, list[str]], classes: Iterable[str]) -> ImageFiles:
    pairs = [
        (name, number) for number, label in enumerate(classes) for name in found.get(label, ())
    ]
    names, numbers = zip(*pairs, strict=True) if pairs else ((), ())
    return ImageFiles(list(names), np.array(numbers, np.int32))
