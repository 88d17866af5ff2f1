"""Drawn pictures: scenes with one thing in them, and textured shapes.

Everything is drawn by formula from a seed, in any colours, sizes, places and turns, before a
landscape with clutter; so a model on single pixels learns next to nothing of them, and one that
sees forms does.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SIZE = 64  # pixels
COUNTS = {"train": 40, "validation": 20, "test": 60}  # pictures per class

_FINE = 2  # drawn larger by this, and reduced, for smooth edges
Polygon = np.ndarray  # (corners, 2), x to the right and y downwards, from -1 to 1


def _box(left: float, top: float, right: float, bottom: float) -> Polygon:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _oval(
    x: float, y: float, wide: float, high: float, begin: float = 0, end: float = 360
) -> Polygon:
    angle = np.radians(np.linspace(begin, end, 25))
    return np.stack([x + wide * np.cos(angle), y + high * np.sin(angle)], axis=1)


def _points(*numbers: float) -> Polygon:
    return np.array(numbers, float).reshape(-1, 2)


def _outline(numbers: str) -> Polygon:
    return np.array(numbers.split(), float).reshape(-1, 2)


def _star(corners: int, inner: float) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, 2 * corners, endpoint=False) - np.pi / 2
    radius = np.where(np.arange(2 * corners) % 2, inner, 1.0)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


# What a thing is made of: a colour's number and an outline, from back to front.
THINGS: Mapping[str, Sequence[tuple[int, Polygon]]] = {
    "boat": [
        (0, _points(-0.9, 0.35, 0.9, 0.35, 0.55, 0.85, -0.6, 0.85)),
        (1, _box(-0.05, -0.9, 0.03, 0.35)),
        (2, _points(0.08, -0.8, 0.75, 0.2, 0.08, 0.2)),
        (2, _points(-0.1, -0.6, -0.6, 0.2, -0.1, 0.2)),
    ],
    "car": [
        (0, _box(-0.95, -0.05, 0.95, 0.5)),
        (0, _points(-0.6, -0.05, -0.35, -0.5, 0.35, -0.5, 0.6, -0.05)),
        (1, _points(-0.45, -0.08, -0.28, -0.4, -0.03, -0.4, -0.03, -0.08)),
        (1, _points(0.03, -0.08, 0.03, -0.4, 0.28, -0.4, 0.45, -0.08)),
        (2, _oval(-0.5, 0.5, 0.24, 0.24)),
        (2, _oval(0.5, 0.5, 0.24, 0.24)),
    ],
    "fish": [
        (0, _oval(-0.15, 0, 0.7, 0.42)),
        (0, _points(0.45, 0, 0.95, -0.45, 0.95, 0.45)),
        (1, _points(-0.1, 0, 0.3, -0.15, 0.3, 0.15)),
        (2, _oval(-0.55, -0.1, 0.1, 0.1)),
    ],
    "flower": [
        (1, _box(-0.05, 0, 0.05, 0.95)),
        (1, _oval(0.25, 0.6, 0.22, 0.1)),
        *[
            (0, _oval(0.36 * np.cos(a), -0.35 + 0.36 * np.sin(a), 0.25, 0.25))
            for a in np.arange(6) * np.pi / 3
        ],
        (2, _oval(0, -0.35, 0.22, 0.22)),
    ],
    "house": [
        (0, _box(-0.7, -0.1, 0.7, 0.9)),
        (1, _points(-0.9, -0.1, 0, -0.85, 0.9, -0.1)),
        (2, _box(-0.15, 0.35, 0.15, 0.9)),
        (2, _box(-0.55, 0.1, -0.3, 0.35)),
        (2, _box(0.3, 0.1, 0.55, 0.35)),
    ],
    "mushroom": [
        (1, _points(-0.2, 0, 0.2, 0, 0.3, 0.9, -0.3, 0.9)),
        (0, _oval(0, 0.05, 0.85, 0.75, 180, 360)),
        (2, _oval(-0.35, -0.25, 0.13, 0.13)),
        (2, _oval(0.3, -0.2, 0.13, 0.13)),
        (2, _oval(0, -0.5, 0.11, 0.11)),
    ],
    "snowman": [
        (0, _oval(0, 0.5, 0.45, 0.42)),
        (0, _oval(0, -0.08, 0.33, 0.32)),
        (0, _oval(0, -0.55, 0.23, 0.22)),
        (1, _box(-0.2, -1.0, 0.2, -0.72)),
        (1, _box(-0.32, -0.76, 0.32, -0.68)),
        (2, _points(0, -0.55, 0.35, -0.48, 0, -0.45)),
    ],
    "tree": [
        (1, _box(-0.12, 0.3, 0.12, 0.95)),
        (0, _points(-0.7, 0.45, 0, -0.35, 0.7, 0.45)),
        (0, _points(-0.55, 0.05, 0, -0.65, 0.55, 0.05)),
        (0, _points(-0.4, -0.35, 0, -0.95, 0.4, -0.35)),
    ],
}

SHAPES: Mapping[str, Polygon] = {
    "arrow": _points(-0.9, -0.25, 0.1, -0.25, 0.1, -0.7, 0.9, 0, 0.1, 0.7, 0.1, 0.25, -0.9, 0.25),
    "crescent": np.concatenate(
        [_oval(0, 0, 0.9, 0.9, 60, 300), _oval(0.35, 0, 0.75, 0.75, 285, 75)]
    ),
    "cross": _outline(
        "-0.28 -0.9 0.28 -0.9 0.28 -0.28 0.9 -0.28 0.9 0.28 0.28 0.28 0.28 0.9 -0.28 0.9 "
        "-0.28 0.28 -0.9 0.28 -0.9 -0.28 -0.28 -0.28"
    ),
    "disc": _oval(0, 0, 0.85, 0.85),
    "drop": np.concatenate([_points(0, -0.95), _oval(0, 0.3, 0.55, 0.6, -30, 210)]),
    "half": _oval(0, -0.3, 0.9, 0.9, 0, 180),
    "heart": np.concatenate(
        [
            _oval(0.4, -0.3, 0.42, 0.42, 180, 380),
            _points(0, 0.85),
            _oval(-0.4, -0.3, 0.42, 0.42, 160, 360),
        ]
    ),
    # The oval has 25 corners, the last on the first: every fourth makes a hexagon.
    "hexagon": _oval(0, 0, 0.9, 0.9)[::4],
    "angle": _points(-0.75, -0.85, -0.25, -0.85, -0.25, 0.35, 0.8, 0.35, 0.8, 0.85, -0.75, 0.85),
    "lightning": _points(0.2, -0.95, -0.6, 0.15, -0.05, 0.15, -0.25, 0.95, 0.6, -0.25, 0.05, -0.25),
    "oval": _oval(0, 0, 0.95, 0.45),
    # The inner edge runs backwards, which leaves a hole in the polygon.
    "ring": np.concatenate([_oval(0, 0, 0.9, 0.9), _oval(0, 0, 0.45, 0.45, 360, 0)]),
    "square": _box(-0.7, -0.7, 0.7, 0.7),
    "star": _star(5, 0.42),
    "tee": _outline(
        "-0.8 -0.8 0.8 -0.8 0.8 -0.3 0.25 -0.3 0.25 0.85 -0.25 0.85 -0.25 -0.3 -0.8 -0.3"
    ),
    "triangle": _points(0, -0.85, 0.85, 0.65, -0.85, 0.65),
}

# Each from coordinates in texture units, which are turned and scaled at random, to 0 … 1.
TEXTURES: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "plain": lambda u, v: np.zeros_like(u),
    "stripes": lambda u, v: (np.mod(u, 1) < 0.5).astype(float),
    "dots": lambda u, v: ((np.mod(u, 1) - 0.5) ** 2 + (np.mod(v, 1) - 0.5) ** 2 < 0.1).astype(
        float
    ),
    "checks": lambda u, v: np.mod(np.floor(u) + np.floor(v), 2),
    "grid": lambda u, v: ((np.mod(u, 1) < 0.2) | (np.mod(v, 1) < 0.2)).astype(float),
    "waves": lambda u, v: (np.mod(u + 0.3 * np.sin(2 * np.pi * v), 1) < 0.5).astype(float),
    "shading": lambda u, v: 0.5 + 0.5 * np.sin(u * 0.9),
}


@dataclass(frozen=True)
class Scenes(SyntheticSource):
    """Small pictures of eight things, drawn from a seed."""

    summary: str = (
        f"{len(THINGS) * sum(COUNTS.values())} drawn scenes of {len(THINGS)} things, "
        f"{SIZE} x {SIZE}, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the scenes; the same seed gives the same."""
        classes = tuple(THINGS)
        parts = []
        for number, count in enumerate(COUNTS.values()):
            # A generator for each split, so that one does not depend on the size of another.
            random = np.random.default_rng([request.seed, number])
            labels = np.repeat(np.arange(len(classes), dtype=np.int32), count)
            pictures = [scene(random, classes[int(label)]) for label in labels]
            parts.append(Arrays(np.stack(pictures), labels))
        info = Info(input_shape=(SIZE, SIZE, 3), classes=classes, drawn=True)
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)


def scene(random: np.random.Generator, thing: str) -> np.ndarray:
    """Draw one thing before a landscape.

    Args:
        random: decides colours, size, place and turn.
        thing: a key of `THINGS`.

    Returns:
        `(64, 64, 3)` uint8.
    """
    picture = landscape(random)
    draw = ImageDraw.Draw(picture)
    drawn_in = colours(random, 3)
    place = placement(random, turn=15)
    wobble = 1 + random.normal(0, 0.08, 2)
    for number, outline in THINGS[thing]:
        outline = outline * wobble + random.normal(0, 0.025, outline.shape)
        draw.polygon(corners(place(outline)), fill=drawn_in[number])
    return finished(random, picture)


def shape(random: np.random.Generator, name: str, texture: str) -> np.ndarray:
    """Draw one textured shape before a landscape.

    Args:
        random: decides colours, size, place and turn.
        name: a key of `SHAPES`.
        texture: a key of `TEXTURES`.

    Returns:
        `(64, 64, 3)` uint8.
    """
    picture = landscape(random)
    add_shape(random, picture, name, texture)
    return finished(random, picture)


def add_shape(random: np.random.Generator, picture: Image.Image, name: str, texture: str) -> None:
    """Draw one textured shape on a picture.

    Args:
        random: decides colours, size, place and turn.
        picture: a `landscape`, which is changed.
        name: a key of `SHAPES`.
        texture: a key of `TEXTURES`.
    """
    mask = Image.new("L", picture.size)
    outline = SHAPES[name] * (1 + random.normal(0, 0.1, 2))
    ImageDraw.Draw(mask).polygon(corners(placement(random, turn=180)(outline)), fill=255)
    side = picture.size[0]
    angle, period = random.uniform(0, np.pi), side * random.uniform(0.07, 0.16)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    u = (x * np.cos(angle) + y * np.sin(angle)) / period + random.uniform()
    v = (y * np.cos(angle) - x * np.sin(angle)) / period + random.uniform()
    first, second = (np.array(colour, float) for colour in colours(random, 2))
    weight = TEXTURES[texture](u, v)[..., None]
    textured = Image.fromarray((first + weight * (second - first)).astype(np.uint8))
    picture.paste(textured, (0, 0), mask)


def landscape(
    random: np.random.Generator, shades: Sequence[tuple[int, int, int]] | None = None
) -> Image.Image:
    """Draw sky and ground, with clutter.

    Args:
        random: decides hills and clutter.
        shades: colours of the sky above and below, of the ground, and of the clutter; any by
            default.

    Returns:
        A picture of twice the height and width of what `finished` makes of it.
    """
    side = SIZE * _FINE
    main = colours(random, 3) if shades is None else shades[:3]
    above, below, ground = (np.array(colour, float) for colour in main)
    fade = np.linspace(0, 1, side)[:, None, None]
    pixels = np.broadcast_to(above + fade * (below - above), (side, side, 3)).astype(np.uint8)
    picture = Image.fromarray(pixels)
    draw = ImageDraw.Draw(picture)
    horizon = side * random.uniform(0.45, 0.9)
    hills = horizon + side * 0.05 * np.sin(
        np.linspace(0, random.uniform(3, 12), 20) + random.uniform(0, 6)
    )
    edge = np.stack([np.linspace(0, side, 20), hills], axis=1)
    draw.polygon(
        corners(np.concatenate([edge, [[side, side], [0, side]]])), fill=tuple(ground.astype(int))
    )
    count = int(random.integers(3, 8))
    for colour in colours(random, count) if shades is None else shades[3:]:
        outline = (
            random.uniform(-1, 1, (int(random.integers(3, 6)), 2))
            * side
            * random.uniform(0.03, 0.13)
        )
        draw.polygon(corners(outline + random.uniform(0, side, 2)), fill=colour)
    return picture


def placement(
    random: np.random.Generator, turn: float, sizes: tuple[float, float] = (0.2, 0.4)
) -> Callable[[Polygon], Polygon]:
    """Draw size, place, rotation and mirroring.

    Args:
        random: decides them.
        turn: largest rotation to either side in degrees.
        sizes: least and largest half of the height and width, as shares of the picture's.

    Returns:
        The function from an outline to pixels of a `landscape`.
    """
    side, angle = SIZE * _FINE, np.radians(random.uniform(-turn, turn))
    size = side * random.uniform(*sizes)
    centre = random.uniform(size, side - size, 2)
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * size
    mirrored = np.array([random.choice((-1.0, 1.0)), 1.0])
    return lambda outline: (outline * mirrored) @ turned + centre


def colours(random: np.random.Generator, count: int) -> list[tuple[int, int, int]]:
    """Draw colours of different hues.

    Args:
        random: decides them.
        count: how many.

    Returns:
        Red, green and blue of each, from 0 to 255.
    """
    # Spread around the circle of hues, so that colours of one picture differ.
    hues = random.uniform() + np.arange(count) / max(count, 2) + random.uniform(-0.12, 0.12, count)
    levels = zip(
        np.mod(hues, 1),
        random.uniform(0.1, 0.9, count),
        random.uniform(0.25, 1.0, count),
        strict=True,
    )
    shades = [colorsys.hsv_to_rgb(*level) for level in levels]
    return [(int(255 * red), int(255 * green), int(255 * blue)) for red, green, blue in shades]


def corners(outline: Polygon) -> list[tuple[float, float]]:
    """Return the corners of an outline as Pillow takes them."""
    return [(float(x), float(y)) for x, y in outline]


def finished(random: np.random.Generator, picture: Image.Image, noise: float = 7) -> np.ndarray:
    """Reduce a picture, with smooth edges and noise.

    Args:
        random: of the noise.
        picture: a `landscape` with what was drawn on it.
        noise: its standard deviation, in levels of brightness.

    Returns:
        `(64, 64, 3)` uint8.
    """
    pixels = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX), np.float32)
    return np.clip(pixels + random.normal(0, noise, pixels.shape), 0, 255).astype(np.uint8)


def drawn_splits(
    scene: Callable[[np.random.Generator], tuple[np.ndarray, ...]],
    counts: Mapping[str, int],
    classes: tuple[str, ...] | None,
    seed: int,
) -> Splits:
    """Draw scenes with what is in them.

    Args:
        scene: draws an image, and its masks or boxes where it has some.
        counts: number of training, validation and test scenes, in this order.
        classes: names of what is in them; `None` without.
        seed: the same one gives the same scenes.

    Returns:
        The splits, in memory.
    """
    parts = []
    for number, count in enumerate(counts.values()):
        # A generator for each split, so that one does not depend on the size of another.
        random = np.random.default_rng([seed, number])
        columns = zip(*(scene(random) for _ in range(count)), strict=True)
        parts.append(Arrays(*map(np.stack, columns)))
    info = Info(input_shape=(SIZE, SIZE, 3), classes=classes, drawn=True)
    return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)
