"""Drawn scenes with boxes: several shapes of four kinds, large and small, before a landscape with
clutter.

Colours, places and sizes are drawn anew for each picture, so that boxes which were frequent in
training are right by chance only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import ImageDraw

from kerasrecipes.data.images.detection import NO_BOX
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

COUNTS = {"train": 500, "validation": 60, "test": 120}
CLASSES = ("cross", "disc", "ring", "triangle")
MOST = 4  # shapes of a picture

_SIZES = (0.09, 0.3)  # half of a shape's side, as a share of the picture's
_TURN = 30  # degrees to either side
_TRIES = 12  # places that are tried for a shape
_HIDDEN = 0.15  # share of the smaller of two boxes that the other may cover


@dataclass(frozen=True)
class BoxedScenes(SyntheticSource):
    """Small pictures of one to four shapes each, drawn from a seed, with their boxes."""

    summary: str = (
        f"{sum(COUNTS.values())} drawn scenes of up to {MOST} shapes with boxes, "
        f"{len(CLASSES)} kinds, {SIZE} x {SIZE}, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the scenes; the same seed gives the same."""
        return drawn_splits(boxed_scene, COUNTS, CLASSES, request.seed)


def boxed_scene(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw one to four shapes that hardly hide each other before a landscape.

    Args:
        random: decides shapes, colours, sizes, places and turns.

    Returns:
        `(64, 64, 3)` uint8, and `(4, 6)` float32: a box in pixels, left, top, right, bottom, the
        index in `CLASSES`, and 0; of fewer shapes the class of the rest is -1.
    """
    picture = landscape(random)
    count = int(random.integers(1, MOST + 1))
    boxes = np.tile(NO_BOX, (MOST, 1))
    found = 0
    for colour in colours(random, count):
        kind = int(random.integers(len(CLASSES)))
        for _ in range(_TRIES):
            outline = placement(random, _TURN, _SIZES)(SHAPES[CLASSES[kind]])
            box = np.concatenate([outline.min(axis=0), outline.max(axis=0)])
            box = np.clip(box * SIZE / picture.size[0], 0, SIZE)
            if not any(_hides(box, other[:4]) for other in boxes[:found]):
                ImageDraw.Draw(picture).polygon(corners(outline), fill=colour)
                boxes[found, :5] = *box, kind
                found += 1
                break
    return finished(random, picture), boxes


def _hides(box: np.ndarray, other: np.ndarray) -> bool:
    """Return whether one of two boxes covers too much of the other."""
    both = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    areas = [np.prod(b[2:] - b[:2]) for b in (box, other)]
    return bool((both > 0).all() and np.prod(both) > _HIDDEN * min(areas))
