"""Polygons and runs: which pixels are inside, how they lie on each other, how counts are packed."""

import numpy as np
import pytest
from matplotlib.path import Path as Curve

from kerasrecipes.data.images.masks import IGNORED
from kerasrecipes.data.images.outlines import Outlined, OutlineReader, Outlines, polygons, runs

DRAWN = [np.random.default_rng(seed) for seed in range(8)]


def star(random, size, corners=9):
    """Draw the corners of a polygon that does not cross itself, (corners, 2)."""
    angles = np.sort(random.uniform(0, 2 * np.pi, corners))
    radius = random.uniform(0.5, 1.2, corners) * min(size) / 2
    middle = np.array(size[::-1]) * random.uniform(0.3, 0.7, 2)
    return middle + radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)


def middles(size):
    rows, columns = np.indices(size) + 0.5
    return np.stack([columns, rows], -1).reshape(-1, 2)


def counts_of(mask):
    """Return how many pixels are outside, inside, outside, …, column by column."""
    flat = mask.T.ravel()
    changes = np.flatnonzero(np.diff(flat)) + 1
    lengths = np.diff([0, *changes, flat.size]).tolist()
    return [0, *lengths] if flat[0] else lengths


def packed(counts):
    """Pack counts as pycocotools does: six bits in a letter, the last says whether more come."""
    letters = ""
    for place, count in enumerate(counts):
        value = count - (counts[place - 2] if place > 2 else 0)
        while True:
            bits, value = value & 0x1F, value >> 5
            more = value != (-1 if bits & 0x10 else 0)
            letters += chr(48 + (bits | 0x20 * more))
            if not more:
                break
    return letters


@pytest.mark.parametrize("random", DRAWN)
def test_a_pixel_is_inside_where_its_middle_is(random):
    size = tuple(random.integers(20, 60, 2).tolist())
    corners = star(random, size)
    mask = Outlined(size, [(1, polygons([corners.ravel().tolist()]))]).drawn(0) == 1
    wanted = Curve(corners).contains_points(middles(size)).reshape(size)
    # Corners are kept in float32: an edge may pass a middle on the other side.
    assert (mask != wanted).sum() <= 1 and wanted.any()


@pytest.mark.parametrize("random", DRAWN)
@pytest.mark.parametrize("pack", [list, packed])
def test_runs_give_the_mask_that_they_were_made_of(random, pack):
    size = tuple(random.integers(1, 50, 2).tolist())
    wanted = random.random(size) < random.choice([0.0, 0.02, 0.5, 1.0])
    region = runs({"counts": pack(counts_of(wanted)), "size": list(size)}, size)
    np.testing.assert_array_equal(Outlined(size, [(1, region)]).drawn(0) == 1, wanted)


def test_packed_counts_are_those_of_pycocotools():
    mask = pytest.importorskip("pycocotools.mask", reason="needs pycocotools")
    wanted = DRAWN[0].random((37, 23)) < 0.4
    letters = mask.encode(np.asfortranarray(wanted.astype(np.uint8)))["counts"].decode()
    region = runs({"counts": letters, "size": [37, 23]}, (37, 23))
    np.testing.assert_array_equal(Outlined((37, 23), [(1, region)]).drawn(0) == 1, wanted)


@pytest.mark.parametrize(
    "written",
    [
        *([], [[]], [[1, 2, 3, 4]], [[1, 2, 3, 4, 5]], [["a", "b"] * 3], [[1, 2] * 3, None]),
        *(None, "text", 7, [[float("nan")] * 6], [[1e400] * 6], [{}]),
    ],
)
def test_what_is_no_polygon_is_none(written):
    assert polygons(written) is None


@pytest.mark.parametrize(
    "written",
    [
        *({}, [], None, {"counts": [1, 2]}, {"counts": [5, 1], "size": [2, 2]}),
        *({"counts": [-1, 5], "size": [2, 2]}, {"counts": "?" * 99, "size": [2, 2]}),
        *({"counts": "\x00é", "size": [2, 2]}, {"counts": [[4]], "size": [2, 2]}),
        *({"counts": [4], "size": [4, 1]}, {"counts": None, "size": [2, 2]}),
        {"counts": ["a"], "size": [2, 2]},
    ],
)
def test_what_are_no_runs_is_none(written):
    assert runs(written, (2, 2)) is None


def square(left, top, side):
    corners = [left, top, left + side, top, left + side, top + side, left, top + side]
    return polygons([corners])


def test_small_things_lie_on_large_ones_and_what_is_ignored_under_all():
    regions = [(2, square(4, 4, 3)), (1, square(2, 2, 8)), (IGNORED, square(0, 0, 5))]
    mask = OutlineReader({0: 0, 1: 1, 2: 2}, 0).read(Outlined((12, 12), regions))
    assert mask[5, 5] == 2 and mask[3, 3] == 1 and mask[0, 0] == IGNORED and mask[11, 11] == 0
    changed = OutlineReader({0: 0, 1: 1, 2: 2}, 0).mapped(np.array([IGNORED, 0, 1]))
    mask = changed.read(Outlined((12, 12), regions))
    assert mask[5, 5] == 1 and mask[3, 3] == 0 and mask[11, 11] == IGNORED


@pytest.mark.parametrize("random", DRAWN)
def test_packed_outlines_are_the_same_one_by_one(random):
    images = []
    for _ in range(random.integers(0, 6)):
        size = tuple(random.integers(8, 20, 2).tolist())
        region = polygons([star(random, size).ravel().tolist() for _ in range(2)])
        lengths = runs({"counts": [3, size[0] * size[1] - 3], "size": list(size)}, size)
        chosen = [(4, region), (IGNORED, lengths)][: random.integers(0, 3)]
        images.append(Outlined(size, chosen))
    packed_images = Outlines(images)
    assert len(packed_images) == len(images)
    for one, other in zip(images, packed_images, strict=True):
        np.testing.assert_array_equal(one.drawn(0), other.drawn(0))


def test_runs_longer_than_float32_counts_are_kept():
    size = (4200, 4201)  # an odd number of pixels, and more than 2 ** 24
    written = {"counts": [size[0] * size[1] - 3, 2, 1], "size": list(size)}
    (packed_image,) = Outlines([Outlined(size, [(1, runs(written, size))])])
    mask = packed_image.drawn(0)
    assert mask.sum() == 2 and mask[-3:, -1].tolist() == [1, 1, 0]


def test_places_outside_are_refused():
    images = Outlines([Outlined((4, 4), [(1, square(0, 0, 2))])] * 2)
    assert len(images[-1].regions) == 1
    with pytest.raises(IndexError):
        images[2]
