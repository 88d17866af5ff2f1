"""Boxes and outlines as users have them written: Pascal VOC's XML, COCO's JSON, YOLO's text."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from kerasrecipes.data.files import read_text
from kerasrecipes.data.images.outlines import Region, polygons, runs
from kerasrecipes.errors import UserError, excerpt

Numbers = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass
class Annotated:
    """An image and what is written of it.

    Args:
        name: of the image, as its annotation or its path says.
        boxes: class, sides, and whether the box is to be ignored.
        relative: whether sides and corners are shares of the image's width and height.
        problems: boxes or outlines that could not be read, each in a few words.
        outlines: class, polygons or runs (see `outlines`), and whether they are to be ignored.
        size: height and width that are written of it; `None` if they are not.
    """

    name: str
    boxes: list[tuple[str, Numbers, bool]] = field(default_factory=list)
    relative: bool = False
    problems: list[str] = field(default_factory=list)
    outlines: list[tuple[str, Region, bool]] = field(default_factory=list)
    size: tuple[int, int] | None = None


def pascal_voc(path: Path) -> Annotated:
    """Read an XML file of Pascal VOC, of one image.

    Pixels are counted from 1 there, and a box's last ones belong to it. Objects that are marked as
    difficult are to be ignored.

    Args:
        path: of the file.

    Returns:
        The image and its boxes; one without numbers is among the problems.

    Raises:
        UserError: if it is not XML of this kind.
    """
    try:
        text = read_text(path)
        if "<!DOCTYPE" in text[:2000] or "<!ENTITY" in text:
            # Entities that contain each other can fill any memory.
            raise UserError("it has a document type, which annotations have not")
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise UserError(f"it is not XML: {error}") from error
    if root.tag != "annotation":
        raise UserError(f"it begins with <{excerpt(root.tag)}>, not with <annotation>")
    found = Annotated(Path((root.findtext("filename") or "").replace("\\", "/")).name)
    for item in root.iter("object"):
        name, box = (item.findtext("name") or "").strip(), item.find("bndbox")
        sides = [(box.findtext(s) if box is not None else "") for s in _SIDES]
        numbers = _numbers(sides)
        if not name or numbers is None:
            found.problems.append(f"'{excerpt(name)}' without a name or four numbers")
            continue
        left, top, right, bottom = numbers
        ignored = (item.findtext("difficult") or "0").strip() == "1"
        found.boxes.append((name, (left - 1, top - 1, right, bottom), ignored))
    return found


_SIDES = ("xmin", "ymin", "xmax", "ymax")


def yolo(path: Path, names: Mapping[int, str]) -> Annotated:
    """Read a text file of YOLO: in each line a class's number and a box's middle, width and height,
    as shares of the image's; or a polygon's corners, around which the box is put. Polygons are
    outlines too.

    Args:
        path: of the file.
        names: of the classes by number; others are called by their number.

    Returns:
        The boxes; lines that are none are among the problems.

    Raises:
        UserError: if it is not text.
    """
    found = Annotated("", relative=True)
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        words = line.split()
        if not words:
            continue
        values = _numbers(words[1:])
        if not re.fullmatch(r"\d+", words[0]) or values is None or len(values) < 4:
            found.problems.append(f"line {number}: '{excerpt(line)}'")
            continue
        label = names.get(int(words[0]), words[0])
        if len(values) >= 6 and len(values) % 2 == 0:
            across, down = values[::2], values[1::2]
            sides = (min(across), min(down), max(across), max(down))
            found.outlines.append((label, polygons(list(values)) or (), False))
        else:
            x, y, width, height = values[:4]
            sides = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        found.boxes.append((label, sides, False))
    return found


def class_names(root: Path) -> dict[int, str]:
    """Read the names of YOLO's classes.

    Args:
        root: folder with `data.yaml` or another YAML file that has `names`, or with `classes.txt`,
            `obj.names` or the like, a name in each line.

    Returns:
        Names by number; empty where there is no such file.
    """
    for path in sorted([*root.glob("*.yaml"), *root.glob("*.yml")]):
        if names := _yaml_names(read_text(path)):
            return names
    for path in (root / "classes.txt", root / "labels" / "classes.txt", *root.glob("*.names")):
        if path.is_file():
            lines = [line.strip() for line in read_text(path).splitlines()]
            return {number: name for number, name in enumerate(lines) if name}
    return {}


def _yaml_names(text: str) -> dict[int, str]:
    """Read `names` of a YAML file: a list in brackets, or a line for each name."""
    head = re.search(r"^names\s*:[ \t]*(.*)$", text, re.MULTILINE)
    if head is None:
        return {}
    rest = text[head.start(1) :]
    if rest.startswith(("[", "{")):
        inside = re.split(r"[\]}]", rest[1:])[0]
        words = [word for word in re.split(r",\s*", " ".join(inside.split())) if word]
        pairs = [re.fullmatch(r"(\d+)\s*:\s*(.+)", word) for word in words]
        if rest[0] == "{" and all(pairs):
            return {int(pair[1]): _unquoted(pair[2]) for pair in pairs if pair}
        return {number: _unquoted(word) for number, word in enumerate(words)}
    found: dict[int, str] = {}
    for line in rest.splitlines()[1:]:
        item = re.match(r"\s*-\s+(.+)$|\s+(\d+)\s*:\s*(.+)$", line)
        if item is None:
            if line.strip() and not line.lstrip().startswith("#"):
                break
            continue
        number = len(found) if item[1] else int(item[2])
        found[number] = _unquoted(item[1] or item[3])
    return found


def _unquoted(word: str) -> str:
    word = word.strip()
    if word[:1] in ("'", '"'):
        try:
            return str(ast.literal_eval(word))
        except (ValueError, SyntaxError):
            return word.strip("'\"")
    return word.split(" #")[0].strip()


def coco(path: Path, outlines: bool = False) -> tuple[list[Annotated], list[str], list[str]]:
    """Read a JSON file of COCO: images, categories and annotations.

    Crowds, of `iscrowd`, are to be ignored.

    Args:
        path: of the file.
        outlines: whether to read `segmentation` of the annotations in place of `bbox`.

    Returns:
        The images, the categories' names in order of their numbers, and annotations that are of no
        image or no category, each in a few words.

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
    images = {
        image.get("id"): Annotated(str(image["file_name"]), size=_size(image))
        for image in _rows(parts[0], "file_name")
    }
    categories = {row.get("id"): str(row["name"]) for row in _rows(parts[2], "name")}
    lost: list[str] = []
    for row in _rows(parts[1], "segmentation" if outlines else "bbox"):
        image, label = images.get(row.get("image_id")), categories.get(row.get("category_id"))
        if image is None or label is None:
            what = "image" if image is None else "category"
            lost.append(f"annotation {row.get('id')} of no {what}")
        elif outlines:
            _add_outline(image, label, row)
        else:
            _add_box(image, label, row)
    order = sorted(
        categories, key=lambda key: (not isinstance(key, int), key if isinstance(key, int) else 0)
    )
    return list(images.values()), [categories[key] for key in order], lost


def _add_box(image: Annotated, label: str, row: Mapping[str, Any]) -> None:
    sides = row["bbox"]
    numbers = _numbers(sides) if isinstance(sides, list) and len(sides) == 4 else None
    if numbers is None:
        image.problems.append(f"annotation {row.get('id')} without four numbers")
        return
    left, top, width, height = numbers
    box = (left, top, left + width, top + height)
    image.boxes.append((label, box, bool(row.get("iscrowd"))))


def _add_outline(image: Annotated, label: str, row: Mapping[str, Any]) -> None:
    written = row["segmentation"]
    if isinstance(written, dict):
        region = runs(written, image.size) if image.size else None
    else:
        region = polygons(written)
    if region is None:
        image.problems.append(f"annotation {row.get('id')} without an outline")
    else:
        image.outlines.append((label, region, bool(row.get("iscrowd"))))


def _size(image: Mapping[str, Any]) -> tuple[int, int] | None:
    height, width = image.get("height"), image.get("width")
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


_PARTS = ("images", "annotations", "categories")


def _rows(part: Any, needed: str) -> list[Mapping[str, Any]]:
    return [row for row in part if isinstance(row, dict) and needed in row]


def is_coco(path: Path) -> bool:
    """Return whether a JSON file has COCO's lists, by its text alone."""
    try:
        text = read_text(path)
    except UserError:
        return False
    return '"images"' in text and '"annotations"' in text


def _numbers(words: Iterable[Any]) -> tuple[float, ...] | None:
    """Return finite numbers; `None` if one of the words is none."""
    try:
        values = tuple(float(word) for word in words)
    except (TypeError, ValueError):
        return None
    return values if values and all(map(math.isfinite, values)) else None
