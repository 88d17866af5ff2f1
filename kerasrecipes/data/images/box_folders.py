"""Images with boxes in files: Pascal VOC, COCO and YOLO, with or without splits."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.files import natural_key
from kerasrecipes.data.images.annotation_folders import NAMED, Found, annotated_images
from kerasrecipes.data.images.decoding import check, workers
from kerasrecipes.data.images.detection import BoxedFiles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

_LEAST = 1.0  # pixel, of a box's sides within its image


@dataclass(frozen=True)
class BoxFolder(FileSource):
    """A folder of images with annotations of Pascal VOC, COCO or YOLO, or COCO's file itself."""

    summary: str = (
        "your own images with boxes: a folder of Pascal VOC (XML), COCO (JSON) or YOLO (text), "
        "with or without train, validation, test"
    )
    example = "path/to/folder"

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a folder, or a JSON file."""
        place = Path(path).expanduser()
        return place.is_dir() or place.suffix.lower() == ".json"

    def load(self, request: Request) -> Splits:
        """Find images and their boxes; none is decoded for training yet.

        What cannot be used is left out and named in the notes: broken annotations, images that are
        missing or broken, boxes that are empty or outside of their image. Images without boxes stay
        as background. See `make_splits` for splits that the folder does not have.

        Raises:
            UserError: if there is no such folder, or nothing in it that can be used.
        """
        root = self.path_of(request)
        if not root.exists():
            raise UserError(f"there is no folder or file {root}")
        found = annotated_images(root)
        whole = _checked(found, root)
        classes = tuple(found.classes) or _classes(whole)
        given = {name: _examples(rows, classes) for name, rows in whole.items()}
        parts, drawn = make_splits(given, request)
        paths = {n: [str(p.images[int(i)]) for i in p.indices] for n, p in parts.items()}
        repeated = notes_of(file_hashes(paths), "image")
        sizes = {size for rows in whole.values() for _, size, _ in rows}
        shape = (*next(iter(sizes)), 3) if len(sizes) == 1 else None
        notes = (*found.notes, *_remarks(parts, classes), *drawn, *repeated)
        return splits_of(parts, Info(input_shape=shape, classes=classes), notes)


Row = tuple[str, tuple[int, int], list[tuple[str, np.ndarray]]]


def _checked(found: Found, root: Path) -> dict[str, list[Row]]:
    """Leave out images that cannot be read and boxes that are none; return file, size and boxes."""
    whole: dict[str, list[Row]] = {}
    broken, lost, cut = [], [], []
    boxes = images = 0
    for split, rows in found.images.items():
        whole[split] = []
        results = workers().map(check, [path for path, _ in rows])
        for (path, annotated), (problem, size) in zip(rows, results, strict=True):
            images += 1
            boxes += len(annotated.boxes) + len(annotated.problems)
            name = os.path.relpath(path, root if root.is_dir() else root.parent)
            if problem:
                broken.append(f"{name} ({problem})")
                continue
            size = _turned(path, size)
            lost += [f"{name} ({text})" for text in annotated.problems]
            kept: list[tuple[str, np.ndarray]] = []
            for label, sides, ignored in annotated.boxes:
                box, whole_box = _within(sides, size, annotated.relative)
                if box is None:
                    lost.append(f"{name} ({label}: empty or outside of the image)")
                    continue
                if not whole_box:
                    cut.append(name)
                kept.append((label, np.array([*box, 0, ignored], np.float32)))
            whole[split].append((path, size, kept))
    found.note(broken, images, "images")
    found.note(lost, boxes, "boxes")
    if cut:
        names = ", ".join(list(dict.fromkeys(cut))[:NAMED])
        found.notes.append(f"{len(cut)} of {boxes} boxes were cut at their image's edge: {names}")
    whole = {name: rows for name, rows in whole.items() if rows}
    if not any(kept for rows in whole.values() for _, _, kept in rows):
        why = f": {found.notes[0]}" if found.notes else ""
        raise UserError(f"{root} holds no image with a box that can be used{why}")
    return whole


def _turned(path: str, size: tuple[int, int]) -> tuple[int, int]:
    """Return `(height, width)` as an image is seen: its EXIF entry may turn it by a quarter."""
    with Image.open(path) as image:
        return size[::-1] if image.getexif().get(0x0112, 1) in (5, 6, 7, 8) else size


def _within(
    sides: Iterable[float], size: tuple[int, int], relative: bool
) -> tuple[np.ndarray | None, bool]:
    """Return the part of a box in its image, in pixels, and whether that is all but a pixel of it;
    `None` where nothing is left.
    """
    height, width = size
    box = np.array([*sides], np.float64) * ([width, height, width, height] if relative else 1)
    inside = np.clip(box, 0, [width, height, width, height])
    if (inside[2:] - inside[:2]).min() < _LEAST:
        return None, False
    return inside, bool(np.abs(inside - box).max() <= 1)


def _classes(whole: Mapping[str, list[Row]]) -> tuple[str, ...]:
    """Return the classes of all boxes, in natural order."""
    names = {label for rows in whole.values() for _, _, boxes in rows for label, _ in boxes}
    return tuple(sorted(names, key=natural_key))


def _examples(rows: Sequence[Row], classes: Sequence[str]) -> BoxedFiles:
    number = {name: index for index, name in enumerate(classes)}
    boxes = []
    for _, _, own in rows:
        found = np.zeros((len(own), 6), np.float32)
        for row, (label, box) in zip(found, own, strict=True):
            row[:] = box
            row[4] = number[label]
        boxes.append(found)
    return BoxedFiles([path for path, _, _ in rows], boxes)


def _remarks(parts: Mapping[str, BoxedFiles], classes: Sequence[str]) -> list[str]:
    """Return notes on images without boxes and on classes without examples."""
    notes: list[str] = []
    own = [boxes for part in parts.values() for boxes in part.own_boxes()]
    empty = sum(not len(boxes) for boxes in own)
    if empty:
        notes.append(f"{empty:,} of {len(own):,} images have no boxes, and count as background")
    train = [boxes[:, 4] for boxes in parts["train"].own_boxes()]
    counts = Counter(np.concatenate([*train, []]).astype(int).tolist())
    if len(parts["train"]):
        lacking = [name for index, name in enumerate(classes) if not counts[index]]
        if lacking:
            notes.append(f"classes without an example in training: {', '.join(lacking[:NAMED])}")
    return notes
