"""Drawn faces with age, gender and emotion, of which most are unknown in training.

Each is told by several things at once, none of which is certain: age by wrinkles, gray hair and a
high hairline, gender by hair, brows, lips and a beard, emotion by mouth, brows and eyelids.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.faces import MISSING, OUTPUTS, FaceLabels
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.face_images import SIZE, face, person, photo
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 900, "validation": 150, "test": 250}
KNOWN = 0.4  # share of the training images for which each label is known
GENDERS = ("male", "female")
EMOTIONS = ("angry", "happy", "neutral", "sad", "surprise")
AGES = (5.0, 85.0)  # years

_TURN = 0.25  # radians

# By emotion: smile, opening of the mouth, lids, frown, raised brows.
_FACES = {
    "angry": (-0.06, 0.0, 0.6, 0.11, -0.03),
    "happy": (0.15, 0.05, 0.8, 0.0, 0.02),
    "neutral": (0.0, 0.0, 1.0, 0.0, 0.0),
    "sad": (-0.12, 0.0, 0.6, -0.08, 0.02),
    "surprise": (0.0, 0.2, 1.5, 0.0, 0.12),
}


@dataclass(frozen=True)
class FaceAttributes(SyntheticSource):
    """Small drawn faces, each of another person; in training each label is known of two fifths."""

    summary: str = (
        f"{sum(COUNTS.values()):,} drawn faces with age, gender and emotion, {SIZE} x {SIZE}, most "
        "labels of the training unknown, embedded"
    )

    def load(self, request: Request) -> Splits:
        """Draw the faces; the same seed gives the same."""
        parts = []
        for number, (name, count) in enumerate(COUNTS.items()):
            images, labels = _drawn(request.seed, number, count)
            if name == "train":
                labels = _hidden(labels, np.random.default_rng([request.seed, 4, number]))
            parts.append(Arrays(images, labels))
        classes = {"gender": GENDERS, "emotion": EMOTIONS}
        info = Info(input_shape=(SIZE, SIZE, 3)).with_facts(
            **{f"{name}_classes": list(names) for name, names in classes.items()}
        )
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)


def _hidden(labels: FaceLabels, random: np.random.Generator) -> FaceLabels:
    count = len(labels["age"])
    found: FaceLabels = {}
    for name in OUTPUTS:
        known = random.random(count) < KNOWN
        missing: Any = np.nan if name == "age" else MISSING
        shape = known[:, None] if labels[name].ndim == 2 else known
        found[name] = np.where(shape, labels[name], missing).astype(labels[name].dtype)
    return found


# An evaluation, and the next run of a comparison, begin with the same faces.
@lru_cache(maxsize=6)
def _drawn(seed: int, number: int, count: int) -> tuple[np.ndarray, FaceLabels]:
    # A generator for each split, so that one does not depend on the size of another.
    random = np.random.default_rng([seed, 4, 9, number])
    age = random.uniform(*AGES, count).round()
    gender, emotion = random.integers(0, 2, count), random.integers(0, len(EMOTIONS), count)
    images = [
        _face(random, *row) for row in zip(age.tolist(), gender.tolist(), emotion, strict=True)
    ]
    return np.stack(images), {
        "age": age[:, None].astype(np.float32),
        "gender": gender.astype(np.int32),
        "emotion": emotion.astype(np.int32),
    }


def _face(random: np.random.Generator, age: float, gender: int, emotion: int) -> np.ndarray:
    noise, who, how = random.normal, person(random), photo(random, _TURN)
    woman = gender == 1
    gray = float(np.clip((age - 45) / 30 + noise(0, 0.15), 0, 1))
    child = max(0.0, (18 - age) / 18)
    bearded = not woman and age > 18 and random.random() < 0.5
    who = replace(
        who,
        lines=float(np.clip((age - 28) / 50 + noise(0, 0.08), 0, 1)),
        hair=_mixed(who.hair, (205, 205, 205), gray),
        hairline=float(np.clip(0.5 + (0.0 if woman else 0.0025 * age) + noise(0, 0.05), 0.4, 0.8)),
        hair_length=float(
            random.uniform(0.1, 1.0) if random.random() < (0.75 if woman else 0.12) else -0.5
        ),
        beard=float(random.uniform(0.3, 0.7)) if bearded else 0.0,
        brow_thickness=float(np.clip((0.045 if woman else 0.07) + noise(0, 0.012), 0.025, 0.1)),
        lips=float(np.clip((0.065 if woman else 0.045) + noise(0, 0.01), 0.025, 0.09)),
        mouth=_mixed(who.mouth, (200, 40, 60), 0.5 if woman else 0.0),
        eye_size=who.eye_size * (1 + 0.35 * child),
        nose_length=who.nose_length * (1 - 0.3 * child),
    )
    smile, opening, lids, frown, raised = _FACES[EMOTIONS[emotion]]
    how = replace(
        how,
        # Larger than for recognition: a mouth has a few pixels only.
        scale=how.scale + 0.05,
        smile=float(smile + noise(0, 0.02)),
        opening=float(max(0.0, opening + noise(0, 0.015))),
        lids=float(max(0.3, lids + noise(0, 0.12))),
        frown=float(frown + noise(0, 0.015)),
        raised=float(raised + noise(0, 0.012)),
    )
    return face(random, who, how)[0]


def _mixed(
    colour: tuple[int, int, int], other: tuple[int, int, int], share: float
) -> tuple[int, int, int]:
    red, green, blue = (int(a + share * (b - a)) for a, b in zip(colour, other, strict=True))
    return red, green, blue
