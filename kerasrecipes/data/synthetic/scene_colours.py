"""Drawn scenes whose colours belong to things: skies are blue, trees green, mushrooms red.

How bright each part is changes from picture to picture. So its grey does not tell a colour, and
what it is a part of does.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import ImageDraw

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.scene_images import (
    SIZE,
    THINGS,
    corners,
    drawn_splits,
    finished,
    landscape,
    placement,
)
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 400, "validation": 40, "test": 80}
_NOISE = 3.0  # levels of brightness

# Hue and saturation of the parts of things, in the order of `THINGS`; of one that comes in several
# hues, each is as likely.
HUES: Mapping[str, tuple[tuple[tuple[float, ...], float], ...]] = {
    "boat": (((0.0, 0.6), 0.8), ((0.08,), 0.6), ((0.12,), 0.15)),
    "car": (((0.0, 0.15, 0.6), 0.85), ((0.55,), 0.2), ((0.6,), 0.1)),
    "fish": (((0.08,), 0.9), ((0.12,), 0.8), ((0.6,), 0.1)),
    "flower": (((0.85, 0.15), 0.75), ((0.33,), 0.8), ((0.13,), 0.9)),
    "house": (((0.1,), 0.35), ((0.02,), 0.7), ((0.6,), 0.3)),
    "mushroom": (((0.0,), 0.85), ((0.1,), 0.2), ((0.1,), 0.05)),
    "snowman": (((0.58,), 0.06), ((0.7,), 0.5), ((0.07,), 0.95)),
    "tree": (((0.33,), 0.75), ((0.08,), 0.6)),
}
_SKY, _GROUND, _STONE = ((0.58,), 0.5), ((0.27,), 0.55), ((0.1,), 0.08)


@dataclass(frozen=True)
class ColouredScenes(SyntheticSource):
    """Small pictures of two things each in their colours, drawn from a seed."""

    summary: str = (
        f"{sum(COUNTS.values())} drawn scenes of {len(THINGS)} things in their colours, "
        f"{SIZE} x {SIZE}, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the scenes; the same seed gives the same."""
        return drawn_splits(lambda random: (coloured_scene(random),), COUNTS, None, request.seed)


def coloured_scene(random: np.random.Generator) -> np.ndarray:
    """Draw two things before a landscape.

    Args:
        random: decides things, brightness, sizes, places and turns.

    Returns:
        `(64, 64, 3)` uint8.
    """
    stones = [_shade(random, *_STONE) for _ in range(int(random.integers(2, 6)))]
    shades = [_shade(random, *_SKY), _shade(random, *_SKY), _shade(random, *_GROUND), *stones]
    picture = landscape(random, shades)
    draw = ImageDraw.Draw(picture)
    for thing in random.choice(list(THINGS), 2, replace=False):
        place = placement(random, turn=15)
        drawn_in = [_shade(random, *hue) for hue in HUES[str(thing)]]
        for number, outline in THINGS[str(thing)]:
            draw.polygon(corners(place(outline)), fill=drawn_in[number])
    return finished(random, picture, _NOISE)


def _shade(
    random: np.random.Generator, hues: tuple[float, ...], saturation: float
) -> tuple[int, int, int]:
    """Return a colour of any brightness."""
    hue = float(random.choice(hues)) + float(random.normal(0, 0.01))
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, float(random.uniform(0.35, 1)))
    return int(255 * red), int(255 * green), int(255 * blue)
