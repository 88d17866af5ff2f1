"""Drawn scenes with their captions: "a red circle above a blue square".

What is drawn, in which colour and where, follows a small grammar, so that a caption is right or
wrong: it must name both shapes, both colours and how they lie, from either side.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes.data.captioning.captions import CaptionExamples, splits_of
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.scene_images import SHAPES, SIZE
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 2400, "validation": 200, "test": 400}
COLOURS = {
    "red": (214, 40, 40),
    "green": (46, 150, 60),
    "blue": (45, 80, 200),
    "yellow": (240, 210, 50),
    "purple": (140, 60, 170),
    "white": (245, 245, 245),
    "black": (25, 25, 25),
}
NAMES = {
    "circle": "disc",
    "square": "square",
    "triangle": "triangle",
    "star": "star",
    "heart": "heart",
    "cross": "cross",
    "ring": "ring",
}
# How the first lies to the second, where the first then is, and how the second lies to the first.
RELATIONS = (
    ("above", (0, -1), "below"),
    ("below", (0, 1), "above"),
    ("left of", (-1, 0), "right of"),
    ("right of", (1, 0), "left of"),
)
_FINE = 2  # drawn larger by this, and reduced, for smooth edges


@dataclass(frozen=True)
class CaptionedScenes(SyntheticSource):
    """Small pictures of one shape or two, drawn from a seed, with all captions that are right."""

    summary: str = (
        f"{sum(COUNTS.values()):,} drawn scenes of coloured shapes, {SIZE} x {SIZE}, "
        "with captions, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the scenes; the same seed gives the same."""
        parts = {}
        for number, (name, count) in enumerate(COUNTS.items()):
            # A generator for each split, so that one does not depend on the size of another.
            random = np.random.default_rng([request.seed, number])
            drawn = [scene(random) for _ in range(count)]
            images = Arrays(np.stack([pixels for pixels, _ in drawn]), np.zeros(count, np.int32))
            parts[name] = CaptionExamples(images, [captions for _, captions in drawn])
        return splits_of(parts, drawn=True)


def scene(random: np.random.Generator) -> tuple[np.ndarray, tuple[str, ...]]:
    """Draw a scene.

    Returns:
        `(64, 64, 3)` uint8, and every caption that is right.
    """
    side = SIZE * _FINE
    pale = random.uniform(150, 205) + random.normal(0, 8, 3)
    fade = np.linspace(-15, 15, side)[:, None, None] * random.choice((-1, 1))
    picture = Image.fromarray(
        np.broadcast_to(pale + fade, (side, side, 3)).clip(0, 255).astype(np.uint8)
    )
    # Colours differ, so that two shapes of one kind are told apart in the caption.
    colours = random.choice(list(COLOURS), 2, replace=False)
    shapes = random.choice(list(NAMES), 2)
    first, second = (f"a {colour} {name}" for colour, name in zip(colours, shapes, strict=True))
    if random.random() < 0.2:
        _draw(random, picture, shapes[0], colours[0], random.uniform(-0.4, 0.4, 2))
        return _finished(random, picture), (first,)
    relation, way, opposite = RELATIONS[random.integers(len(RELATIONS))]
    # Off the axis by less than along it.
    along, across = random.uniform(0.42, 0.52), random.uniform(-0.2, 0.2)
    offset = np.array(way) * along + np.array(way[::-1]) * across
    middle = random.uniform(-0.1, 0.1, 2)
    _draw(random, picture, shapes[0], colours[0], middle + offset)
    _draw(random, picture, shapes[1], colours[1], middle - offset)
    return _finished(random, picture), (
        f"{first} {relation} {second}",
        f"{second} {opposite} {first}",
    )


def _draw(
    random: np.random.Generator, picture: Image.Image, name: str, colour: str, centre: np.ndarray
) -> None:
    half = picture.size[0] / 2
    angle, size = np.radians(random.uniform(-15, 15)), half * random.uniform(0.28, 0.4)
    turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) * size
    corners = SHAPES[NAMES[name]] @ turned + half * (1 + centre)
    fill = np.clip(np.array(COLOURS[colour]) + random.normal(0, 10, 3), 0, 255).astype(int)
    ImageDraw.Draw(picture).polygon([(float(x), float(y)) for x, y in corners], fill=tuple(fill))


def _finished(random: np.random.Generator, picture: Image.Image) -> np.ndarray:
    pixels = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BOX), np.float32)
    return np.clip(pixels + random.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
