"""Generated reviews of films in which the order of words decides: negation, contrast, and a turn at
the end.

In six of ten reviews two judgements contradict each other, and a word such as "but" or "although"
tells by its place which of them counts. Both are drawn from the same forms and words, so the same
words in another order carry the other label as often, and nothing that only counts words can tell
them apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.vocabulary import words
from kerasrecipes.data.text.classification import LabelledTexts, splits_of
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

_COUNT = 8000
_SEED = 20
_CONTRASTS = 0.6
_THINGS = words("movie film plot acting music story ending dialogue cast humour")
_WORDS = {
    1: words("good great brilliant charming clever funny moving beautiful superb gripping"),
    -1: words("bad awful dull boring weak silly clumsy terrible tedious flat"),
}
# Whole sentences, and the notes that people write in a hurry.
_PLAIN = (
    "the {thing} was {word}",
    "the {thing} was really {word}",
    "I found the {thing} {word}",
    "the {thing} is {word} from start to finish",
    "{thing} was {word}",
    "it is {word}",
    "a very {word} {thing}",
    "{word} {thing}",
    "{word}",
)
_TURNED = (
    "the {thing} was not {word}",
    "the {thing} was not {word} at all",
    "the {thing} was never {word}",
    "the {thing} was hardly {word}",
    "the {thing} was {word} until the end",
    "nobody would call the {thing} {word}",
    "I can not say that the {thing} was {word}",
    "{thing} was not {word}",
    "{thing} not {word} at all",
    "not {word}",
    "not {word} at all",
    "{word} until the end",
    "not a {word} {thing}",
    "the {thing} wasn't {word}",
    "it is not very {word}",
)
# The first judgement is the one that counts for less.
_BOTH = (
    "{0}, but {1}",
    "{0}, yet {1}",
    "{0}. Still, {1}",
    "although {0}, {1}",
    "{1}, although {0}",
    "{1}, even if {0}",
)
_MARKS = (".", ".", "!")
_ASIDES = (
    "I saw it on a Sunday.",
    "The cinema was nearly full.",
    "It runs for two hours.",
    "My sister came along.",
    "It is set in a small town by the sea.",
    "There is a dog in it.",
    "We sat in the last row.",
    "The director has made three others before this one.",
    "They shot it in the summer, with two cameras and a van.",
)


@dataclass(frozen=True)
class Reviews(SyntheticSource):
    """Generated reviews of films, negative or positive."""

    summary: str = (
        f"{_COUNT:,} generated reviews with negation and contrast, on which counting words fails"
    )

    def load(self, request: Request) -> Splits:
        """Generate the reviews, the same each time, and divide them by the seed."""
        pairs = (
            (text, "positive" if label > 0 else "negative")
            for text, label in written(_COUNT, _SEED)
        )
        parts = {"train": LabelledTexts(pairs)}
        splits = splits_of(parts, request, Info(), "the generated reviews")
        return replace(splits, notes=())  # that generated reviews are divided is no news


def written(count: int, seed: int) -> list[tuple[str, int]]:
    """Generate different reviews.

    Args:
        count: number of reviews.
        seed: seed of the draw.

    Returns:
        Each review with +1 if it is positive, else -1; as many of the one as of the other.
    """
    random = np.random.default_rng(seed)
    found: dict[str, int] = {}
    while len(found) < count:
        # In turn by what was found, so that there are as many of the one as of the other.
        label = 1 if len(found) % 2 else -1
        # Drawn again if it came before: the same text in two splits would test memory.
        found.setdefault(_review(random, label), label)
    return list(found.items())


def _review(random: np.random.Generator, label: int) -> str:
    opinion = _judgement(random, label)
    if random.random() < _CONTRASTS:
        opinion = _pick(random, _BOTH).format(_judgement(random, -label), opinion)
    # Mostly short, some long: as long as people write.
    asides = [_pick(random, _ASIDES) for _ in range(min(8, int(random.exponential(1.2))))]
    before = int(random.integers(len(asides) + 1))
    opinion = f"{opinion[0].upper()}{opinion[1:]}{_pick(random, _MARKS)}"
    text = " ".join([*asides[:before], opinion, *asides[before:]])
    return text.rstrip(".!") if random.random() < 0.3 else text


def _judgement(random: np.random.Generator, label: int) -> str:
    turned = random.random() < 0.6
    form = _pick(random, _TURNED if turned else _PLAIN)
    return form.format(
        thing=_pick(random, _THINGS), word=_pick(random, _WORDS[-label if turned else label])
    )


def _pick(random: np.random.Generator, among: tuple[str, ...]) -> str:
    return among[int(random.integers(len(among)))]
