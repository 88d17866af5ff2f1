"""Generated reviews with grades from 1 to 5: how strongly a judgement is meant decides, and two
people do not always mean the same.

"Hardly good" is worse than "good" and better than "bad", "extremely good" better than both, and of
two judgements the one after "but" weighs more. Words alone say which end of the scale is near; what
stands before them, how far it is. One grade in six is its neighbour, as people's are: it is off by
one, and never from one end to the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.vocabulary import words
from kerasrecipes.data.text.classification import LabelledTexts, splits_of
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

T = TypeVar("T")

_COUNT = 5000
_SEED = 23
_NEIGHBOURS = 1 / 6  # share of grades that are off by one
_CONTRASTS = 0.5
_THINGS = words("room breakfast staff pool view bed service location dinner lobby")
# How good each word is, from -2 to 2.
_WORDS = {
    2.0: words("superb wonderful perfect outstanding"),
    1.0: words("good nice clean pleasant"),
    0.0: words("ordinary average plain usual"),
    -1.0: words("bad noisy dirty unpleasant"),
    -2.0: words("awful disgusting terrible dreadful"),
}
# What is before a word, and what it makes of how good the word is.
_DEGREES = {
    "": 1.0,
    "really": 1.3,
    "extremely": 1.6,
    "somewhat": 0.6,
    "barely": 0.3,
    "not": -0.7,
    "by no means": -1.0,
    "anything but": -1.3,
}
_FORMS = ("the {thing} was {judged}", "{thing}: {judged}", "I found the {thing} {judged}")
# The first judgement weighs a quarter, the second the rest.
_BOTH = ("{0}, but {1}", "although {0}, {1}", "{1}, even if {0}", "{0}. What counts: {1}")
_ASIDES = (
    "We stayed for three nights.",
    "It was raining.",
    "There is a bus to the station.",
    "My brother had booked it in May.",
    "The lift has mirrors.",
)


@dataclass(frozen=True)
class GradedReviews(SyntheticSource):
    """Generated reviews of hotels with grades from 1 to 5."""

    summary: str = f"{_COUNT:,} generated reviews with grades from 1 to 5, embedded"

    def load(self, request: Request) -> Splits:
        """Generate the reviews, the same each time, and divide them by the seed."""
        parts = {"train": LabelledTexts(written(_COUNT, _SEED))}
        splits = splits_of(parts, request, Info(), "the generated reviews")
        return replace(splits, notes=())  # that generated reviews are divided is no news


def written(count: int, seed: int) -> list[tuple[str, str]]:
    """Generate reviews.

    Args:
        count: number of different reviews.
        seed: seed of the draw.

    Returns:
        Each review with its grade, `1` to `5`.
    """
    random = np.random.default_rng(seed)
    found: dict[str, str] = {}
    while len(found) < count:
        text, merit = _review(random)
        grade = int(np.clip(np.floor(merit + 0.5), -2, 2))
        if random.random() < _NEIGHBOURS:
            grade = int(np.clip(grade + random.choice([-1, 1]), -2, 2))
        # Drawn again if it came before: the same text in two splits would test memory.
        found.setdefault(text, str(grade + 3))
    return list(found.items())


def _review(random: np.random.Generator) -> tuple[str, float]:
    """Draw a review, and how good it is meant, from -2 to 2."""
    text, merit = _judgement(random)
    if random.random() < _CONTRASTS:
        first, less = text, merit
        text, merit = _judgement(random)
        text = _pick(random, _BOTH).format(first, text)
        merit = 0.25 * less + 0.75 * merit
    text = f"{text[0].upper()}{text[1:]}."
    asides = [_pick(random, _ASIDES) for _ in range(int(random.integers(3)))]
    place = int(random.integers(len(asides) + 1))
    return " ".join([*asides[:place], text, *asides[place:]]), merit


def _judgement(random: np.random.Generator) -> tuple[str, float]:
    value = _pick(random, tuple(_WORDS))
    degree = _pick(random, tuple(_DEGREES))
    judged = f"{degree} {_pick(random, _WORDS[value])}".strip()
    text = _pick(random, _FORMS).format(thing=_pick(random, _THINGS), judged=judged)
    return text, value * _DEGREES[degree]


def _pick(random: np.random.Generator, among: tuple[T, ...]) -> T:
    return among[int(random.integers(len(among)))]
