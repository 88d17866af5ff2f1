"""Boxes and outlines as users have them written: Pascal VOC's XML and YOLO's text; see
`coco_annotations`.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from kerasrecipes.data.files import read_text
from kerasrecipes.data.images.outlines import Region, polygons, rectangle
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
        unplaced: objects that have neither an outline nor a box.
    """

    name: str
    boxes: list[tuple[str, Numbers, bool]] = field(default_factory=list)
    relative: bool = False
    problems: list[str] = field(default_factory=list)
    outlines: list[tuple[str, Region, bool]] = field(default_factory=list)
    size: tuple[int, int] | None = None
    unplaced: int = 0

    def merge(self, other: Annotated) -> None:
        """Add what another list says of the image.

        Args:
            other: of the same image.
        """
        self.boxes += other.boxes
        self.outlines += other.outlines
        self.problems += other.problems
        self.size = self.size or other.size
        self.unplaced += other.unplaced


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
        numbers = numbers_of(sides)
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
    outlines too; of a box nobody knows which of its pixels count, so that as an outline it is
    ignored.

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
        values = numbers_of(words[1:])
        if not re.fullmatch(r"\d+", words[0]) or values is None or len(values) < 4:
            found.problems.append(f"line {number}: '{excerpt(line)}'")
            continue
        label = names.get(int(words[0]), words[0])
        if len(values) >= 6 and len(values) % 2 == 0:
            across, down = values[::2], values[1::2]
            sides = (min(across), min(down), max(across), max(down))
            if (region := polygons(list(values))) is None:
                found.problems.append(f"line {number}: '{excerpt(line)}'")
                continue
            found.outlines.append((label, region, False))
        else:
            x, y, width, height = values[:4]
            sides = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            found.outlines.append((label, rectangle(sides), True))
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


def numbers_of(words: Iterable[Any]) -> tuple[float, ...] | None:
    """Return finite numbers; `None` if one of the words is none.

    Args:
        words: numbers, or their spelling.
    """
    try:
        values = tuple(float(word) for word in words)
    except (TypeError, ValueError, OverflowError):
        return None
    return values if values and all(map(math.isfinite, values)) else None
