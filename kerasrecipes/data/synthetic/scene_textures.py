"""Drawn scenes of textured shapes without noise: edges and patterns, which can be restored.

What is fine in a picture goes on in it: an edge is as sharp everywhere along its line, and a
pattern repeats. So a model that knows edges and patterns restores what a filter cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.scene_images import (
    SHAPES,
    SIZE,
    TEXTURES,
    add_shape,
    drawn_splits,
    finished,
    landscape,
)
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 160, "validation": 24, "test": 40}
_MOST_SHAPES = 4  # of a picture


@dataclass(frozen=True)
class TexturedScenes(SyntheticSource):
    """Small pictures of a few textured shapes each, drawn from a seed."""

    summary: str = (
        f"{sum(COUNTS.values())} drawn scenes of textured shapes, {SIZE} x {SIZE}, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the scenes; the same seed gives the same."""
        return drawn_splits(lambda random: (textured_scene(random),), COUNTS, None, request.seed)


def textured_scene(random: np.random.Generator) -> np.ndarray:
    """Draw some textured shapes before a landscape.

    Args:
        random: decides shapes, textures, colours, sizes, places and turns.

    Returns:
        `(64, 64, 3)` uint8.
    """
    picture = landscape(random)
    for _ in range(int(random.integers(2, _MOST_SHAPES + 1))):
        add_shape(random, picture, str(random.choice(list(SHAPES))), _texture(random))
    return finished(random, picture, noise=0)


def _texture(random: np.random.Generator) -> str:
    return str(random.choice(list(TEXTURES)))
