"""Drawn shapes: white on black, in any place, size and turn, for models that make images.

What differs from image to image is continuous, but for the kind of shape. So a few prototypes, or
straight lines between images, do not tell much of them, and a handful of numbers tells all.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.synthetic.scene_images import SHAPES
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

KINDS = ("cross", "half", "ring", "triangle")
COUNT = 3000
SIZE = 16  # pixels

_FINE = 4  # drawn larger by this, and reduced, for smooth edges


@dataclass(frozen=True)
class Shapes(SyntheticSource):
    """Small grey images of one shape each, of four kinds."""

    summary: str = (
        f"{COUNT:,} drawn shapes of {SIZE} x {SIZE} pixels, {len(KINDS)} kinds, in any place, size "
        "and turn"
    )

    def load(self, request: Request) -> Splits:
        """Draw and divide the shapes; the same seed gives the same."""
        random = np.random.default_rng(request.seed)
        labels = np.resize(np.arange(len(KINDS), dtype=np.int32), COUNT)
        pixels = np.stack([drawn(random, KINDS[int(label)]) for label in labels])
        parts, _ = make_splits({"train": Arrays(pixels, labels)}, request, labels=attrgetter("y"))
        info = Info(input_shape=pixels.shape[1:], classes=KINDS, drawn=True)
        return splits_of(parts, info)


def drawn(random: np.random.Generator, kind: str) -> np.ndarray:
    """Draw one shape.

    Args:
        random: decides place, size and turn.
        kind: a key of `kerasrecipes.data.synthetic.scene_images.SHAPES`.

    Returns:
        `(16, 16, 1)` uint8, 0 for the background.
    """
    side = SIZE * _FINE
    radius = side * random.uniform(0.22, 0.4)
    angle, centre = random.uniform(0, 2 * np.pi), random.uniform(radius, side - radius, 2)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    picture = Image.new("L", (side, side))
    corners = [(float(x), float(y)) for x, y in SHAPES[kind] @ turn * radius + centre]
    ImageDraw.Draw(picture).polygon(corners, fill=255)
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX))[..., None]
