"""Drawn faces with points: everybody another person, turned more than for recognition."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.face_images import POINTS, SIZE, face, person, photo
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 500, "validation": 80, "test": 150}

_TURN = 0.6  # radians


@dataclass(frozen=True)
class FaceLandmarks(SyntheticSource):
    """Small drawn faces, each of another person, with the places of brows, eyes, nose, mouth and
    chin.
    """

    summary: str = (
        f"{sum(COUNTS.values())} drawn faces with {len(POINTS)} points, {SIZE} x {SIZE}, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the faces; the same seed gives the same."""
        parts = [
            Arrays(*_drawn(request.seed, number, count))
            for number, count in enumerate(COUNTS.values())
        ]
        info = Info(input_shape=(SIZE, SIZE, 3), targets=POINTS)
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)


# An evaluation, and the next run of a comparison, begin with the same faces.
@lru_cache(maxsize=6)
def _drawn(seed: int, number: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    # A generator for each split, so that one does not depend on the size of another.
    random = np.random.default_rng([seed, 9, number])
    found = [face(random, person(random), photo(random, _TURN)) for _ in range(count)]
    images, points = zip(*found, strict=True)
    return np.stack(images), np.stack(points)
