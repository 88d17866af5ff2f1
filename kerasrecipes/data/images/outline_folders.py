"""Images whose masks are written as outlines: COCO's JSON and YOLO's text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from kerasrecipes.data.duplicates import file_hashes, notes_of
from kerasrecipes.data.files import natural_key
from kerasrecipes.data.images.annotation_folders import NO_LABELS, Found, annotated_images
from kerasrecipes.data.images.box_annotations import Annotated, yolo
from kerasrecipes.data.images.coco_annotations import is_coco
from kerasrecipes.data.images.decoding import check, size_of, workers
from kerasrecipes.data.images.folders import walk
from kerasrecipes.data.images.masks import IGNORED, MOST_CLASSES
from kerasrecipes.data.images.outlines import Outlined, OutlineReader, Outlines, sides_of
from kerasrecipes.data.images.segmentation import MaskedFiles
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

BACKGROUND = "background"  # what is in no outline


def outlined(root: Path, request: Request) -> Splits:
    """Find images and their outlines; none is decoded or drawn for training yet.

    What cannot be used is left out and named in the notes: outlines that are none or outside of
    their image, images that are missing, broken, of another size than is written, or with objects
    that have no place. Pixels of crowds, and of objects that have a box alone, do not count.

    Args:
        root: a folder, or a JSON file of COCO.
        request: split sizes and seed.

    Returns:
        Splits of `MaskedFiles`; the first class is the background, then come the classes in the
        order of their list.

    Raises:
        UserError: if no image has an outline, or there are too many classes.
    """
    found = annotated_images(root, outlines=True)
    whole = _checked(found, root)
    rows = [row for part in whole.values() for _, _, row in part]
    used = {label for row in rows for label, _, ignored in row.outlines if not ignored}
    listed = [name for name in found.classes if name in used]
    listed += sorted(used - set(found.classes), key=natural_key)
    classes = (BACKGROUND, *(name for name in listed if name != BACKGROUND))
    if len(classes) > MOST_CLASSES:
        raise UserError(
            f"{root} has outlines of {len(used):,} classes; at most {MOST_CLASSES - 1} are possible"
        )
    if len(classes) < 2:
        raise UserError(f"{root} has outlines of the background alone; another class is needed")
    number = {name: index for index, name in enumerate(classes)}
    reader = OutlineReader({index: index for index in number.values()}, number[BACKGROUND])
    given = {
        name: MaskedFiles(
            [path for path, _, _ in part],
            Outlines([_outlined(size, row, number) for _, size, row in part]),
            reader,
        )
        for name, part in whole.items()
    }
    parts, drawn = make_splits(given, request)
    paths = {n: [str(p.images[int(i)]) for i in p.indices] for n, p in parts.items()}
    repeated = notes_of(file_hashes(paths), "image")
    sizes = {size for part in whole.values() for _, size, _ in part}
    shape = (*next(iter(sizes)), 3) if len(sizes) == 1 else None
    return splits_of(
        parts, Info(input_shape=shape, classes=classes), (*found.notes, *drawn, *repeated)
    )


Row = tuple[str, tuple[int, int], Annotated]


def _checked(found: Found, root: Path) -> dict[str, list[Row]]:
    """Leave out images and outlines that cannot be used; return file, size and annotation, whose
    outlines are in pixels.
    """
    whole: dict[str, list[Row]] = {}
    broken: list[str] = []
    lost: list[str] = []
    images = objects = 0
    for split, rows in found.images.items():
        whole[split] = []
        for (path, row), problem in zip(
            rows, workers().map(lambda pair: _problem(*pair), rows), strict=True
        ):
            images += 1
            objects += len(row.outlines) + row.unplaced
            name = os.path.relpath(path, root if root.is_dir() else root.parent)
            lost += [f"{name} ({text})" for text in row.problems]
            if row.relative and (alone := sum(ignored for _, _, ignored in row.outlines)):
                lost += [f"{name} (a box in place of an outline)"] * alone
            if problem:
                broken.append(f"{name} ({problem})")
                continue
            size = size_of(path)
            inside = _within(row, size)
            outside = len(row.outlines) - len(inside.outlines)
            lost += [f"{name} (outside of the image)"] * outside
            whole[split].append((path, size, inside))
    found.note(broken, images, "images")
    found.note(lost, max(objects, len(lost)), "outlines")
    whole = {name: rows for name, rows in whole.items() if rows}
    if all(
        ignored for rows in whole.values() for *_, row in rows for _, _, ignored in row.outlines
    ):
        why = f": {found.notes[0]}" if found.notes else ""
        raise UserError(
            f"{root} holds no image with an outline that can be used: expected a JSON file of COCO "
            f"with 'segmentation', or text files of YOLO with polygons{why}"
        )
    return whole


def _problem(path: str, row: Annotated) -> str | None:
    """Return why an image cannot be used."""
    problem, _ = check(path)
    if problem:
        return problem
    size = size_of(path)
    if row.size not in (None, size):
        assert row.size is not None
        return f"{size[1]} x {size[0]} pixels, outlined as {row.size[1]} x {row.size[0]}"
    if row.unplaced:
        return "an object without outline and box, which would be taken for background"
    return None


def _within(row: Annotated, size: tuple[int, int]) -> Annotated:
    """Return an annotation in pixels, without what lies outside of its image."""
    scale = np.array(size[::-1], np.float32) if row.relative else None
    kept = []
    for label, region, ignored in row.outlines:
        if scale is not None:
            region = tuple(part * scale for part in region)
        if region[0].ndim == 2:
            left, top, right, bottom = sides_of(region, size)
            if right <= left or bottom <= top:
                continue
        kept.append((label, region, ignored))
    return replace(row, outlines=kept, relative=False)


def _outlined(size: tuple[int, int], row: Annotated, number: dict[str, int]) -> Outlined:
    return Outlined(
        size,
        [
            (IGNORED if ignored else number[label], region)
            for label, region, ignored in row.outlines
        ],
    )


def written_outlines(root: Path, masks: Sequence[Path]) -> bool:
    """Return whether outlines are written in a folder, in place of images of masks.

    Args:
        root: the folder.
        masks: the folders in it whose names are those of masks.
    """
    if any(walk(folder)[0] for folder in masks):
        return False
    return any(
        _is_written(Path(place, name))
        for place, _, names in os.walk(root)
        for name in sorted(names)
    )


def _is_written(path: Path) -> bool:
    """Return whether a file is a list of COCO, or has a line of YOLO."""
    if path.suffix.lower() == ".json":
        return is_coco(path)
    if path.suffix.lower() != ".txt" or path.name.lower() in NO_LABELS:
        return False
    try:
        return bool(yolo(path, {}).boxes)
    except UserError:
        return False
