"""Drawn scenes with masks: which of four shapes is at each pixel, before a landscape with clutter.

Colours are drawn anew for each picture, so that a pixel's colour and place tell next to nothing of
its class; the form of what surrounds it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.scene_images import (
    SHAPES,
    SIZE,
    colours,
    corners,
    drawn_splits,
    finished,
    landscape,
    placement,
)
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 400, "validation": 60, "test": 120}
CLASSES = ("background", "disc", "triangle", "cross", "ring")


@dataclass(frozen=True)
class MaskedScenes(SyntheticSource):
    """Small pictures of one or two shapes each, drawn from a seed, with their masks."""

    summary: str = (
        f"{sum(COUNTS.values())} drawn scenes of {len(CLASSES) - 1} shapes with masks, "
        f"{SIZE} x {SIZE}, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the scenes; the same seed gives the same."""
        return drawn_splits(masked_scene, COUNTS, CLASSES, request.seed)


def masked_scene(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw one or two shapes before a landscape; a later one hides those that it covers.

    Args:
        random: decides shapes, colours, sizes, places and turns.

    Returns:
        `(64, 64, 3)` uint8, and the index in `CLASSES` of each pixel, `(64, 64)` int8.
    """
    picture = landscape(random)
    mask = Image.new("L", picture.size)
    count = int(random.integers(1, 3))
    for colour in colours(random, count):
        kind = int(random.integers(1, len(CLASSES)))
        outline = corners(placement(random, turn=180)(SHAPES[CLASSES[kind]]))
        # A ring's outline runs back along its inside, so that its hole shows what is behind.
        ImageDraw.Draw(picture).polygon(outline, fill=colour)
        ImageDraw.Draw(mask).polygon(outline, fill=kind)
    small = mask.resize((SIZE, SIZE), Image.Resampling.NEAREST)
    return finished(random, picture), np.asarray(small).astype(np.int8)
