"""Images and masks in two folders, or with outlines, with or without splits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.images.decoding import size_of, workers
from kerasrecipes.data.images.file_pairs import FolderNames, folders_of, pairs_of
from kerasrecipes.data.images.masks import (
    MOST_CLASSES,
    class_list,
    is_coloured,
    raw_mask,
    reader_of,
)
from kerasrecipes.data.images.outline_folders import outlined, written_outlines
from kerasrecipes.data.images.segmentation import MaskedFiles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

IMAGE_FOLDERS = ("images", "image", "imgs", "jpegimages", "photos")
MASK_FOLDERS = (
    *("masks", "mask", "labels", "label", "annotations", "segmentationclass", "trimaps", "gt"),
)
MASKS = FolderNames(IMAGE_FOLDERS, MASK_FOLDERS, "image", "mask")

_SAMPLE = 2000  # training masks whose values are looked at


@dataclass(frozen=True)
class MaskFolder(FileSource):
    """A folder of images and a folder of masks of the same names, or images and outlines."""

    summary: str = (
        "your own folder with images/ and masks/, or with outlines of COCO (JSON) or YOLO (text), "
        "with or without train, validation, test"
    )
    example = "path/to/folder"

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder, or a JSON file."""
        place = Path(path).expanduser()
        return place.is_dir() or place.suffix.lower() == ".json"

    def load(self, request: Request) -> Splits:
        """Pair images with masks and find the classes; none is decoded for training yet.

        Pairs of different size, halves without the other and broken files are left out and named in
        the notes. See `make_splits` for splits that the folder does not have, and `outlined` for
        masks that are written as outlines.

        Raises:
            UserError: if there are no such folders, pairs or outlines, or too many values in masks.
        """
        root = self.path_of(request)
        if not root.exists():
            raise UserError(f"there is no folder or file {root}")
        if root.is_file():
            return outlined(root, request)
        notes: list[str] = []
        folders = folders_of(root, MASKS)
        if written_outlines(root, [masks for _, masks in folders.values()]):
            return outlined(root, request)
        if not folders:
            inside = sorted(path.name for path in root.iterdir() if path.is_dir())[:8]
            raise UserError(
                f"{root} needs a folder of images and one of masks, such as images/ and masks/, "
                "itself or in train/, validation/ and test/, or outlines of COCO or YOLO; "
                f"it has: {', '.join(inside) or 'none'}"
            )
        whole = pairs_of(root, folders, MASKS, notes)
        sizes = {size_of(image) for pairs in whole.values() for image, _ in pairs}
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
