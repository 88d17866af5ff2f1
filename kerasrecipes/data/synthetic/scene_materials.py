"""Drawn scenes of materials with their plans: which material is where, and how it looks.

All materials are equally bright and have the same colours; what tells them apart is their pattern,
whose place is drawn anew each time. So the mean of all pictures of a plan is grey everywhere, and
that is what the least squared or absolute error asks for; a picture of a plan has patterns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.scene_images import (
    SHAPES,
    SIZE,
    TEXTURES,
    corners,
    drawn_splits,
    finished,
    placement,
)
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 320, "validation": 32, "test": 64}
# The texture of each material; that of `ground` is a smooth shading.
MATERIALS = {"ground": "shading", "brick": "grid", "cloth": "stripes", "gravel": "dots"}
_DARK, _BRIGHT = np.array([70.0, 80.0, 110.0]), np.array([220.0, 200.0, 150.0])
_PERIOD = 24.0  # pixels of a pattern, at twice the picture's size
_NOISE = 4.0  # levels of brightness
_MOST_SHAPES = 3  # of a scene


@dataclass(frozen=True)
class MaterialScenes(SyntheticSource):
    """Small pictures of materials that can be told by their pattern alone, with their plans."""

    summary: str = (
        f"{sum(COUNTS.values())} drawn plans of {len(MATERIALS)} materials with a picture each, "
        f"{SIZE} x {SIZE}, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the scenes; the same seed gives the same."""
        return drawn_splits(material_scene, COUNTS, tuple(MATERIALS), request.seed)


def material_scene(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw shapes of some materials on the ground.

    Args:
        random: decides materials, sizes, places, turns, and where patterns begin.

    Returns:
        `(64, 64, 3)` uint8, and the index in `MATERIALS` of each pixel, `(64, 64)` int8.
    """
    side = 2 * SIZE
    mask = Image.new("L", (side, side))
    for _ in range(int(random.integers(2, _MOST_SHAPES + 1))):
        outline = SHAPES[str(random.choice(("disc", "square", "triangle", "hexagon")))]
        place = placement(random, turn=180, sizes=(0.25, 0.45))
        kind = int(random.integers(1, len(MATERIALS)))
        ImageDraw.Draw(mask).polygon(corners(place(outline)), fill=kind)
    plan = np.asarray(mask)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    weight = np.zeros((side, side))
    for kind, texture in enumerate(MATERIALS.values()):
        angle = random.uniform(-0.2, 0.2)
        u = (x * np.cos(angle) + y * np.sin(angle)) / _PERIOD + random.uniform()
        v = (y * np.cos(angle) - x * np.sin(angle)) / _PERIOD + random.uniform()
        pattern = TEXTURES[texture](u, v)
        there = plan == kind
        # As bright in the mean as any other.
        weight[there] = (0.5 + pattern - pattern.mean())[there]
    pixels = _DARK + np.clip(weight, 0, 1)[..., None] * (_BRIGHT - _DARK)
    small = mask.resize((SIZE, SIZE), Image.Resampling.NEAREST)
    picture = finished(random, Image.fromarray(pixels.astype(np.uint8)), _NOISE)
    return picture, np.asarray(small).astype(np.int8)
