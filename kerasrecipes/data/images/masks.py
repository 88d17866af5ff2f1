"""Masks as users have them: images of class indices, or of one exact colour for each class."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from kerasrecipes.data.files import open_regular, read_text
from kerasrecipes.data.images.decoding import FAILURES
from kerasrecipes.errors import UserError

IGNORED = -1  # label of pixels that count neither in loss nor in metrics
VOID = 255  # index of such pixels in files, as Pascal VOC has it
MOST_CLASSES = 127  # which a label of eight bits holds beside `IGNORED`

Value = int  # an index, or a colour as 0xrrggbb


@dataclass(frozen=True)
class MaskReader:
    """From the file of a mask to class indices.

    Args:
        values: class index of each value that masks have, `IGNORED` for those that do not count.
        coloured: whether values are colours.
    """

    values: Mapping[Value, int]
    coloured: bool = False

    def read(self, source: str | bytes) -> np.ndarray:
        """Read a mask.

        Args:
            source: a file, or the content of one.

        Returns:
            `(height, width)` int8, `IGNORED` where no class counts.

        Raises:
            UserError: if it cannot be read, or has a value that is no class.
        """
        raw = raw_mask(source, self.coloured)
        different, places = np.unique(raw, return_inverse=True)
        unknown = [int(value) for value in different if int(value) not in self.values]
        if unknown:
            name = source if isinstance(source, str) else "a mask"
            known = ", ".join(written(v, self.coloured) for v in list(self.values)[:8])
            more = ", …" if len(self.values) > 8 else ""
            raise UserError(
                f"{name} has the {'colour' if self.coloured else 'value'} "
                f"{written(unknown[0], self.coloured)}, which is no class; known are {known}{more}"
            )
        table = np.array([self.values[int(value)] for value in different], np.int8)
        return table[places].reshape(raw.shape)

    def mapped(self, table: np.ndarray) -> MaskReader:
        """Return a reader that gives for each class the index that a table has, `(classes,)`."""
        changed = {
            value: int(table[index]) if index >= 0 else IGNORED
            for value, index in self.values.items()
        }
        return replace(self, values=changed)


def raw_mask(source: str | bytes, coloured: bool = False) -> np.ndarray:
    """Read the values of a mask's pixels, without a change of any.

    Args:
        source: a file, or the content of one.
        coloured: whether values are colours; else a mask of colours is refused.

    Returns:
        `(height, width)`: indices, also of a palette, or colours as 0xrrggbb.

    Raises:
        UserError: if it cannot be read, or has colours where indices are needed.
    """
    name = source if isinstance(source, str) else "a mask"
    try:
        with (
            io.BytesIO(source) if isinstance(source, bytes) else open_regular(source) as file,
            Image.open(file) as image,
        ):
            image.load()
            turned = ImageOps.exif_transpose(image)
    except FAILURES as error:
        raise UserError(f"{name} cannot be read as a mask: {error}") from error
    if coloured:
        red, green, blue = np.moveaxis(np.asarray(turned.convert("RGB")).astype(np.int32), -1, 0)
        return (red << 16) | (green << 8) | blue
    if turned.mode in ("RGB", "RGBA", "LA"):
        pixels = np.asarray(turned)[..., :3] if turned.mode != "LA" else np.asarray(turned)[..., :1]
        if (pixels != pixels[..., :1]).any():
            raise UserError(f"{name} has colours where other masks have indices")
        return pixels[..., 0].astype(np.int32)
    return np.asarray(turned).astype(np.int32)


def is_coloured(source: str | bytes) -> bool:
    """Return whether a mask has colours: three channels that differ.

    Raises:
        UserError: if it cannot be read.
    """
    try:
        raw_mask(source)
    except UserError as error:
        if "colours" in str(error):
            return True
        raise
    return False


def reader_of(
    values: Iterable[Value], coloured: bool, classes: Sequence[tuple[str, Value | None]] = ()
) -> tuple[MaskReader, tuple[str, ...]]:
    """Decide which class each value of the masks is.

    Args:
        values: that the training masks have.
        coloured: whether they are colours.
        classes: names from a list of classes, with their values; `None` is the place in the list.

    Returns:
        The reader, and the names of the classes. Without a list each value is a class, in order;
        but 255 among indices is ignored, unless 0 is the only other one, as in masks of one thing.

    Raises:
        UserError: if there are too many values, or fewer than two classes.
    """
    found = sorted(set(values))
    if classes:
        table = {
            (place if value is None else value): place for place, (_, value) in enumerate(classes)
        }
        names = tuple(name for name, _ in classes)
    else:
        kept = found
        if not coloured and VOID in found and set(found) != {0, VOID}:
            kept = [value for value in found if value != VOID]
        table = {value: place for place, value in enumerate(kept)}
        names = tuple(written(value, coloured) for value in kept)
        if not coloured and set(found) == {0, VOID}:
            names = ("background", "foreground")
    if len(names) > MOST_CLASSES:
        raise UserError(
            f"the masks have {len(names):,} different {'colours' if coloured else 'values'}; "
            f"at most {MOST_CLASSES} classes are possible: JPEG blurs values, save masks as PNG"
        )
    if len(names) < 2:
        raise UserError(
            f"the masks have {len(names)} class only, {names[0] if names else 'none'}; "
            "at least two are needed"
        )
    if not coloured:
        table.setdefault(VOID, IGNORED)
    return MaskReader(table, coloured), names


def written(value: Value, coloured: bool) -> str:
    """Write a value as people do.

    Args:
        value: an index, or a colour.
        coloured: whether it is a colour.

    Returns:
        The index, or the colour as #rrggbb.
    """
    return f"#{value:06x}" if coloured else str(value)


def class_list(folder: Path) -> list[tuple[str, Value | None]]:
    """Read a list of classes beside images and masks, where there is one.

    Args:
        folder: with `classes.txt`, a name in each line, or a name, red, green and blue; or with
            `class_dict.csv`, columns name, r, g, b.

    Returns:
        Names with their colours, or `None` for the place in the list; empty without a list.

    Raises:
        UserError: if a line is not of that form.
    """
    for name in ("classes.txt", "labels.txt", "class_dict.csv", "classes.csv"):
        if (folder / name).is_file():
            return _parsed(folder / name)
    return []


def _parsed(path: Path) -> list[tuple[str, Value | None]]:
    found: list[tuple[str, Value | None]] = []
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    for number, line in enumerate(lines, start=1):
        words = next(csv.reader([line])) if "," in line else line.split()
        words = [word.strip() for word in words]
        if number == 1 and [word.lower() for word in words[1:]] == ["r", "g", "b"]:
            continue
        levels = words[-3:] if len(words) >= 4 else []
        if levels and all(word.isdigit() and int(word) < 256 for word in levels):
            red, green, blue = map(int, levels)
            found.append((" ".join(words[:-3]), (red << 16) | (green << 8) | blue))
        else:
            found.append((" ".join(words), None))
    names = [name for name, _ in found]
    if len({value is None for _, value in found}) > 1 or len(set(names)) < len(names):
        raise UserError(
            f"{path}: expected a different name in each line, either all with red, green and blue "
            "or none"
        )
    return found
