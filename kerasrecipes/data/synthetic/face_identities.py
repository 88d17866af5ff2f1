"""Drawn faces of many persons, several photographs of each; nobody is in two splits."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.face_images import SIZE, face, person, photo
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

PERSONS = {"train": 80, "validation": 15, "test": 25}
PHOTOGRAPHS = 8  # of a person


@dataclass(frozen=True)
class FaceIdentities(SyntheticSource):
    """Small drawn faces, labelled by whom they show."""

    summary: str = (
        f"{sum(PERSONS.values()) * PHOTOGRAPHS} drawn faces of {sum(PERSONS.values())} persons, "
        f"{SIZE} x {SIZE}, nobody in two splits, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the faces; the same seed gives the same."""
        parts, first = [], 0
        for number, count in enumerate(PERSONS.values()):
            labels = np.repeat(np.arange(first, first + count, dtype=np.int32), PHOTOGRAPHS)
            parts.append(Arrays(_drawn(request.seed, number, count), labels))
            first += count
        names = tuple(f"person {number}" for number in range(1, first + 1))
        info = Info(input_shape=(SIZE, SIZE, 3), classes=names)
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)


# An evaluation, and the next run of a comparison, begin with the same faces.
@lru_cache(maxsize=6)
def _drawn(seed: int, number: int, count: int) -> np.ndarray:
    """Return the photographs of some persons, one after the other."""
    # A generator for each split, so that one does not depend on the size of another.
    random = np.random.default_rng([seed, number])
    persons = [person(random) for _ in range(count)]
    pixels = [face(random, who, photo(random))[0] for who in persons for _ in range(PHOTOGRAPHS)]
    return np.stack(pixels)
