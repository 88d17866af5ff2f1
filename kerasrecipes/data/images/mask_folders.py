"""Images and masks in two folders, with or without splits."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.images.decoding import FAILURES, workers
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.images.masks import (
    MOST_CLASSES,
    class_list,
    is_coloured,
    raw_mask,
    reader_of,
)
from kerasrecipes.data.images.segmentation import MaskedFiles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import SPLIT_OF_WORD, make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

IMAGE_FOLDERS = ("images", "image", "imgs", "jpegimages", "photos")
MASK_FOLDERS = (
    *("masks", "mask", "labels", "label", "annotations", "segmentationclass", "trimaps", "gt"),
)
_ENDINGS = ("_mask", "_masks", "_label", "_labels", "_seg", "_gt", "_l", "_p")  # of masks' names
_SAMPLE = 2000  # training masks whose values are looked at
_NAMED = 5  # files that a note names


@dataclass(frozen=True)
class MaskFolder(FileSource):
    """A folder with a folder of images and a folder of masks of the same names."""

    summary: str = (
        "your own folder with images/ and masks/, with or without train, validation, test"
    )
    example = "path/to/folder"

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder."""
        return Path(path).expanduser().is_dir()

    def load(self, request: Request) -> Splits:
        """Pair images with masks and find the classes; none is decoded for training yet.

        Pairs of different size, halves without the other and broken files are left out and named in
        the notes. See `make_splits` for splits that the folder does not have.

        Raises:
            UserError: if there are no such folders or no pairs, or masks have too many values.
        """
        root = self.path_of(request)
        if not root.is_dir():
            raise UserError(f"there is no folder {root}")
        notes: list[str] = []
        pairs = {name: _pairs(*found, notes) for name, found in _folders(root).items()}
        if not any(pairs.values()):
            why = f": {notes[0]}" if notes else ""
            raise UserError(f"{root} holds no image with a mask of the same name and size{why}")
        whole, sizes = _checked(pairs, root, notes)
        learned = [mask for _, mask in whole.get("train", next(iter(whole.values())))]
        coloured = is_coloured(learned[0])
        listed = class_list(root)
        coloured = coloured or any(value is not None for _, value in listed)
        values = set() if listed else _values(learned[:_SAMPLE], coloured)
        reader, classes = reader_of(values, coloured, listed)
        given = {
            name: MaskedFiles([i for i, _ in found], [m for _, m in found], reader)
            for name, found in whole.items()
        }
        parts, drawn = make_splits(given, request)
        paths = {n: [str(p.images[int(i)]) for i in p.indices] for n, p in parts.items()}
        repeated = notes_of(file_hashes(paths), "image")
        shape = (*next(iter(sizes)), 3) if len(sizes) == 1 else None
        info = Info(input_shape=shape, classes=classes)
        return splits_of(parts, info, (*notes, *drawn, *repeated))


def _folders(root: Path) -> dict[str, tuple[Path, Path]]:
    """Return the folders of images and of masks by split; all of it is `train` without splits."""
    both = _both(root)
    inside = [path for path in root.iterdir() if path.is_dir()]
    splits = {SPLIT_OF_WORD[p.name.lower()]: p for p in inside if p.name.lower() in SPLIT_OF_WORD}
    found = {name: pair for name, path in splits.items() if (pair := _both(path))}
    if found and not both:
        if "train" not in found and len(found) > 1:
            raise UserError(f"{root} has no folder for the split train")
        return found
    if not both:
        names = ", ".join(sorted(path.name for path in inside)[:8]) or "none"
        raise UserError(
            f"{root} needs a folder of images and one of masks, such as images/ and masks/, itself "
            f"or in train/, validation/ and test/; it has: {names}"
        )
    images, masks = both
    by_split = {
        SPLIT_OF_WORD[path.name.lower()]: (path, masks / path.name)
        for path in images.iterdir()
        if path.is_dir() and path.name.lower() in SPLIT_OF_WORD and (masks / path.name).is_dir()
    }
    return by_split or {"train": both}


def _both(folder: Path) -> tuple[Path, Path] | None:
    named = {path.name.lower(): path for path in folder.iterdir() if path.is_dir()}
    images = next((named[name] for name in IMAGE_FOLDERS if name in named), None)
    masks = next((named[name] for name in MASK_FOLDERS if name in named), None)
    return (images, masks) if images and masks else None


def _pairs(images: Path, masks: Path, notes: list[str]) -> list[tuple[str, str]]:
    """Pair files by their names without ending."""
    by_name: dict[str, str] = {}
    for path in walk(masks)[0]:
        name = str(path.relative_to(masks).with_suffix("")).lower()
        ending = next((end for end in _ENDINGS if name.endswith(end)), "")
        by_name.setdefault(name.removesuffix(ending), str(path))
        by_name[name] = str(path)
    pairs, alone, used = [], [], set()
    for path in walk(images)[0]:
        mask = by_name.get(str(path.relative_to(images).with_suffix("")).lower())
        if mask is None:
            alone.append(path.name)
        else:
            pairs.append((str(path), mask))
            used.add(mask)
    rest = sorted({Path(path).name for path in by_name.values() if path not in used})
    notes += _note(alone, len(pairs) + len(alone), "images without a mask")
    notes += _note(rest, len(used) + len(rest), "masks without an image")
    return pairs


def _note(names: list[str], total: int, what: str) -> list[str]:
    if not names:
        return []
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return [f"skipped {len(names)} of {total} {what}: {', '.join(names[:_NAMED])}{more}"]


def _checked(
    pairs: Mapping[str, list[tuple[str, str]]], root: Path, notes: list[str]
) -> tuple[dict[str, list[tuple[str, str]]], set[tuple[int, int]]]:
    """Leave out pairs that cannot be read or differ in size; return the others, and their sizes."""
    whole: dict[str, list[tuple[str, str]]] = {}
    sizes: set[tuple[int, int]] = set()
    problems: list[str] = []
    for split, found in pairs.items():
        whole[split] = []
        for pair, (problem, size) in zip(found, workers().map(_problem, found), strict=True):
            if problem:
                problems.append(f"{os.path.relpath(pair[0], root)} ({problem})")
            else:
                whole[split].append(pair)
                sizes.add(size)
    notes += _note(problems, sum(map(len, pairs.values())), "pairs")
    if not any(whole.values()):
        raise UserError(f"{root} holds no pair of image and mask that can be used: {problems[0]}")
    return {name: found for name, found in whole.items() if found}, sizes


def _problem(pair: tuple[str, str]) -> tuple[str, tuple[int, int]]:
    """Return what is wrong with a pair, empty if nothing, and its `(height, width)`; from the
    files' heads.
    """
    sizes = []
    for path in pair:
        try:
            with Image.open(path) as image:
                # Turned by a quarter in EXIF, height and width change places.
                turned = image.getexif().get(0x0112, 1) in (5, 6, 7, 8)
                sizes.append(image.size if turned else image.size[::-1])
        except FAILURES:
            return f"{Path(path).name} cannot be read as an image", (0, 0)
    if sizes[0] != sizes[1]:
        (rows, columns), (mask_rows, mask_columns) = sizes
        return f"{columns} x {rows}, its mask {mask_columns} x {mask_rows}", (0, 0)
    return "", sizes[0]


def _values(masks: list[str], coloured: bool) -> set[int]:
    """Return the values that masks have."""
    found: set[int] = set()
    for values in _each(masks, coloured):
        found |= values
        # Far too many: the rest need not be read to say so.
        if len(found) > 100 * MOST_CLASSES:
            break
    return found


def _each(masks: list[str], coloured: bool) -> Iterator[set[int]]:
    def read(path: str) -> set[int]:
        return set(np.unique(raw_mask(path, coloured)).tolist())

    return iter(workers().map(read, masks))
