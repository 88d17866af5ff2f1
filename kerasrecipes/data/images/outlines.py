"""Masks that are written as outlines: polygons, and runs of pixels as COCO has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kerasrecipes.data.images.masks import IGNORED

Region = tuple[np.ndarray, ...]  # polygons, each (corners, 2), x and y; or one (runs,) of lengths


def polygons(written: Any) -> Region | None:
    """Read the polygons of one object.

    Args:
        written: as COCO has them, a list of lists x, y, x, y, … in pixels.

    Returns:
        Those with three corners or more; `None` where there is none, or a number is missing.
    """
    if not isinstance(written, list):
        return None
    rows = written if written and isinstance(written[0], list) else [written]
    found = []
    for row in rows:
        try:
            with np.errstate(over="ignore"):  # what float32 cannot hold is refused below
                numbers = np.array(row, np.float32)
        except (TypeError, ValueError, OverflowError):
            return None
        if numbers.ndim != 1 or len(numbers) % 2 or not np.isfinite(numbers).all():
            return None
        if len(numbers) >= 6:
            found.append(numbers.reshape(-1, 2))
    return tuple(found) or None


def rectangle(sides: tuple[float, float, float, float]) -> Region:
    """Return a box as an outline.

    Args:
        sides: left, top, right, bottom.
    """
    left, top, right, bottom = sides
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return (np.array(corners, np.float32),)


def runs(written: Any, size: tuple[int, int]) -> Region | None:
    """Read the runs of one object: how many pixels, column by column, are outside of it, inside,
    outside, and so on.

    Args:
        written: as COCO has them, `{"counts": […], "size": [height, width]}`; counts are numbers,
            or the letters that pycocotools packs them in.
        size: height and width of the image.

    Returns:
        The lengths, `(runs,)` of float64, which holds any; `None` where they are none, or of an
        image of another size.
    """
    if not isinstance(written, Mapping) or written.get("size") != list(size):
        return None
    counts = written.get("counts")
    if isinstance(counts, str):
        counts = _unpacked(counts)
    try:
        lengths = np.array(counts, np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if lengths.ndim != 1 or not len(lengths) or not (lengths >= 0).all():
        return None
    if (lengths != np.floor(lengths)).any() or lengths.sum() != size[0] * size[1]:
        return None
    return (lengths,)


def _unpacked(letters: str) -> list[int] | None:
    """Unpack counts: five bits in each letter from the least on, a sixth if more follow; from the
    fourth on the difference to the count before the last.
    """
    counts: list[int] = []
    value = shift = 0
    for letter in letters:
        bits = ord(letter) - 48
        if not 0 <= bits < 64 or shift > 30:
            return None
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return None if shift else counts


@dataclass(frozen=True)
class Outlined:
    """The outlines on one image.

    Args:
        size: height and width of the image.
        regions: class index, or `IGNORED`, and the region of each object.
    """

    size: tuple[int, int]
    regions: Sequence[tuple[int, Region]]

    def drawn(self, background: int) -> np.ndarray:
        """Draw a mask, `(height, width)` int16; small objects lie on top of large ones, and what
        is ignored under all of them.
        """
        mask = np.full(self.size, background, np.int16)
        layers = [(label, *_filled(region, self.size)) for label, region in self.regions]
        for label, place, inside in sorted(
            layers, key=lambda layer: (layer[0] != IGNORED, -int(layer[2].sum()))
        ):
            mask[place][inside] = label
        return mask


def sides_of(region: Region, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return the part of an image that a region of polygons may have: left, top, right, bottom.

    Args:
        region: polygons.
        size: height and width of the image.
    """
    limits = size[::-1]
    corners = np.concatenate(region)
    left, top = np.floor(corners.min(axis=0)).clip(0, limits).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).clip((left, top), limits).astype(int).tolist()
    return left, top, right, bottom


def _filled(region: Region, size: tuple[int, int]) -> tuple[tuple[slice, slice], np.ndarray]:
    """Return a part of the image, and which of its pixels have their middle in a region: whole
    masks of many objects would not fit in memory.
    """
    height, width = size
    if region[0].ndim == 1:
        inside = np.arange(len(region[0])) % 2 == 1
        mask = np.repeat(inside, region[0].astype(np.int64)).reshape(width, height).T
        return (slice(None), slice(None)), mask
    left, top, right, bottom = sides_of(region, size)
    mask = np.zeros((bottom - top, right - left), bool)
    for corners in region:
        mask |= _inside(corners - (left, top), *mask.shape)
    return (slice(top, bottom), slice(left, right)), mask


def _inside(corners: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return which pixels have their middle in a polygon, `(height, width)`.

    Pillow's polygons have their edges' pixels too, so that objects would grow by half
    a pixel on each side.
    """
    (x, y), (next_x, next_y) = corners.T, np.roll(corners, -1, axis=0).T
    middles = np.arange(height)[:, None] + 0.5
    row, edge = np.nonzero((y <= middles) != (next_y <= middles))
    slope = (next_x - x)[edge] / (next_y - y)[edge]
    crossing = x[edge] + (row + 0.5 - y[edge]) * slope
    # From the first pixel whose middle lies right of it an edge turns outside to inside, and back.
    column = np.ceil(crossing - 0.5).clip(0, width).astype(int)
    turns = np.zeros((height, width + 1), np.int32)
    np.add.at(turns, (row, column), 1)
    return np.cumsum(turns, axis=1)[:, :width] % 2 == 1


class Outlines(Sequence[Outlined]):
    """The outlines on many images, packed: each small array would take a hundred bytes beside its
    numbers.

    Args:
        images: of each image its size, and class index and region of its objects.
    """

    def __init__(self, images: Sequence[Outlined]):
        self._sizes = np.array([image.size for image in images], np.int32).reshape(-1, 2)
        regions = [region for image in images for region in image.regions]
        parts = [part for _, region in regions for part in region]
        self._objects = _ends(len(image.regions) for image in images)
        self._labels = np.array([label for label, _ in regions], np.int16)
        self._parts = _ends(len(region) for _, region in regions)
        self._runs = np.array([part.ndim == 1 for part in parts], bool)
        self._numbers = _ends(part.size for part in parts)
        # In float64 where there are runs, which may be longer than float32 counts.
        self._values = np.concatenate([np.zeros(0, np.float32), *(p.ravel() for p in parts)])

    def __len__(self) -> int:
        return len(self._sizes)

    def __getitem__(self, index: Any) -> Any:
        index = range(len(self))[index]  # which refuses what is outside
        height, width = self._sizes[index].tolist()
        objects = range(self._objects[index], self._objects[index + 1])
        return Outlined((height, width), [(int(self._labels[n]), self._region(n)) for n in objects])

    def _region(self, number: int) -> Region:
        return tuple(self._part(n) for n in range(self._parts[number], self._parts[number + 1]))

    def _part(self, number: int) -> np.ndarray:
        values = self._values[self._numbers[number] : self._numbers[number + 1]]
        return values if self._runs[number] else values.reshape(-1, 2)


def _ends(counts: Any) -> np.ndarray:
    return np.cumsum([0, *counts])


@dataclass(frozen=True)
class OutlineReader:
    """From the outlines on an image to class indices.

    Args:
        values: class index of each label that outlines have, `IGNORED` for those that do not count.
        background: label of what is in no outline.
        coloured: never, which files of masks may be.
    """

    values: Mapping[int, int]
    background: int
    coloured: bool = False

    def read(self, source: Outlined) -> np.ndarray:
        """Return `(height, width)` int8, `IGNORED` where no class counts."""
        drawn = source.drawn(self.background)
        table = np.full(max(self.values) + 2, IGNORED, np.int8)  # the last one is `IGNORED` itself
        for value, index in self.values.items():
            table[value] = index
        return table[drawn]

    def mapped(self, table: np.ndarray) -> OutlineReader:
        """Return a reader that gives for each class the index that a table has, `(classes,)`."""
        changed = {
            value: int(table[index]) if index >= 0 else IGNORED
            for value, index in self.values.items()
        }
        return replace(self, values=changed)
