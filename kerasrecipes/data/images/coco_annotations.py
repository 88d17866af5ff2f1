"""Boxes and outlines as COCO's JSON has them: images, categories and annotations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from kerasrecipes.data.files import read_text
from kerasrecipes.data.images.box_annotations import Annotated, Numbers, numbers_of
from kerasrecipes.data.images.outlines import Region, polygons, rectangle, runs
from kerasrecipes.errors import UserError, excerpt

Key = int | float | str
_PARTS = ("images", "annotations", "categories")


class Listing(NamedTuple):
    """What a file of COCO says.

    Args:
        images: with their annotations.
        classes: the categories' names, in the order of their numbers.
        lost: annotations of no image or no category, each in a few words.
        total: annotations in all.
    """

    images: list[Annotated]
    classes: list[str]
    lost: list[str]
    total: int


def coco(path: Path, outlines: bool = False) -> Listing:
    """Read a JSON file of COCO.

    Crowds, of `iscrowd`, are to be ignored, and where outlines are asked also the box of an object
    that has none: nobody knows which of its pixels count.

    Args:
        path: of the file.
        outlines: whether to read `segmentation` of the annotations, and `bbox` only in its place.

    Returns:
        What it says.

    Raises:
        UserError: if it is not JSON, or has not these lists.
    """
    try:
        whole = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON: {excerpt(str(error))}") from error
    parts = [whole.get(part) for part in _PARTS] if isinstance(whole, dict) else [None]
    if not all(isinstance(part, list) for part in parts):
        raise UserError(f"{path} is not of COCO's form: it needs the lists {', '.join(_PARTS)}")
    pictures, annotations, categories = (
        [row for row in part or () if isinstance(row, dict)] for part in parts
    )
    images = [
        (row, Annotated(str(row["file_name"]), size=_size(row)))
        for row in pictures
        if "file_name" in row
    ]
    by_id = {key: image for row, image in images if (key := _key(row, "id")) is not None}
    names = {
        key: str(row["name"])
        for row in categories
        if "name" in row and (key := _key(row, "id")) is not None
    }
    lost: list[str] = []
    for row in annotations:
        image, label = _of(by_id, row, "image_id"), _of(names, row, "category_id")
        if image is None or label is None:
            what = "image" if image is None else "category"
            lost.append(f"annotation {excerpt(str(row.get('id')))} of no {what}")
        elif outlines:
            _add_outline(image, label, row)
        elif "bbox" in row:
            _add_box(image, label, row)
    # Numbers in their order, and then what is none.
    order = sorted(names, key=lambda key: float("inf") if isinstance(key, str) else key)
    classes = list(dict.fromkeys(names[key] for key in order))
    return Listing([image for _, image in images], classes, lost, len(annotations))


def is_coco(path: Path) -> bool:
    """Return whether a JSON file has COCO's lists, by its text alone.

    Args:
        path: of the file.
    """
    try:
        text = read_text(path)
    except UserError:
        return False
    return all(f'"{part}"' in text for part in _PARTS)


def _add_box(image: Annotated, label: str, row: Mapping[str, Any]) -> None:
    box = _box(row)
    if box is None:
        image.problems.append(f"annotation {excerpt(str(row.get('id')))} without four numbers")
    else:
        image.boxes.append((label, box, bool(row.get("iscrowd"))))


def _add_outline(image: Annotated, label: str, row: Mapping[str, Any]) -> None:
    written = row.get("segmentation")
    region: Region | None
    if isinstance(written, dict):
        size = image.size or _pair(written.get("size"))
        region = runs(written, size) if size else None
        image.size = size if region else image.size
    else:
        region = polygons(written)
    if region is not None:
        image.outlines.append((label, region, bool(row.get("iscrowd"))))
        return
    image.problems.append(f"annotation {excerpt(str(row.get('id')))} without an outline")
    if (box := _box(row)) is None:
        image.unplaced += 1
    else:
        image.outlines.append((label, rectangle(box), True))


def _box(row: Mapping[str, Any]) -> Numbers | None:
    sides = row.get("bbox")
    numbers = numbers_of(sides) if isinstance(sides, list) and len(sides) == 4 else None
    if numbers is None:
        return None
    left, top, width, height = numbers
    return left, top, left + width, top + height


def _key(row: Mapping[str, Any], name: str) -> Key | None:
    """Return a number or a word by which rows name each other, and nothing else."""
    key = row.get(name)
    return key if isinstance(key, (int, float, str)) and not isinstance(key, bool) else None


def _of(table: Mapping[Key, Any], row: Mapping[str, Any], name: str) -> Any:
    """Return what a row names, or `None`."""
    key = _key(row, name)
    return None if key is None else table.get(key)


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    return _pair([image.get("height"), image.get("width")])


def _pair(sides: Any) -> tuple[int, int] | None:
    """Return two whole numbers above 0, which may be written as floats."""
    numbers = numbers_of(sides) if isinstance(sides, (list, tuple)) else None
    if numbers is None or len(numbers) != 2 or any(n < 1 or n != int(n) for n in numbers):
        return None
    return int(numbers[0]), int(numbers[1])
