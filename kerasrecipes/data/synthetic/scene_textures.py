"""Drawn scenes of textured shapes without noise: edges and patterns, which can be restored.

What is fine in a picture goes on in it: an edge is as sharp everywhere along its line, and a
pattern repeats. So a model that knows edges and patterns restores what a filter cannot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.scene_images import (
    SHAPES,
    SIZE,
    TEXTURES,
    add_shape,
    finished,
    landscape,
)
from kerasrecipes.info import Info
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
        parts = []
        for number, count in enumerate(COUNTS.values()):
            # A generator for each split, so that one does not depend on the size of another.
            random = np.random.default_rng([request.seed, number])
            parts.append(Arrays(np.stack([textured_scene(random) for _ in range(count)])))
        info = Info(input_shape=(SIZE, SIZE, 3), drawn=True)
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)


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
