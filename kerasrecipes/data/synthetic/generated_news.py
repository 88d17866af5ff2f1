"""Generated news with summaries: what happened, to whom and what follows, among much else.

The news begin with a scene as often as with the event, so the first sentences are a poor summary.
And they tell of a like event elsewhere, in the same words: only the headline says which of the two
towns it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.synthetic.vocabulary import words
from kerasrecipes.data.text.summarization import Article, Articles
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

COUNT = 1000  # articles

_SYLLABLES = words("bar del fen gor hal kin lor mer nor pel ras tor vel wick")
_THINGS = (
    *("bridge", "school", "market", "library", "harbour", "theatre", "station", "hospital"),
    *("museum", "park"),
)
_SUMS = ("two million", "half a million", "nine million", "forty thousand", "three million")
_WHEN = ("on Monday", "last night", "this week", "on Friday", "after a long debate")
# What a summary is made of: the event, its reason, and what follows.
_EVENTS = (
    "The council of {town} decided {when} to close the {thing}.",
    "{town} will build a new {thing} for {sum}.",
    "A fire destroyed the {thing} of {town} {when}.",
    "The {thing} of {town} was sold {when} to {person} for {sum}.",
    "{person} was elected mayor of {town} {when}.",
)
_REASONS = (
    "The {thing} of {town} costs {sum} a year.",
    "{person} had asked for it since spring.",
    "Engineers had found cracks in the {thing} in March.",
    "The {thing} had been half empty since the winter.",
)
_EFFECTS = (
    "People of {town} will have to travel to {other}.",
    "About two hundred people of {town} will lose their work.",
    "The rent in {town} will rise by a tenth.",
    "Work on the {thing} begins in June and takes three years.",
)
# What it is not made of.
_SCENES = (
    "It is a grey morning in {town}.",
    "{person} stands before the {thing} and waits.",
    "Children play in front of the {thing}.",
    "The coffee is cold, and nobody speaks.",
    "An old man feeds the birds near the council of {town}.",
)
_ASIDES = (
    '"I have never seen such a thing," said {person}.',
    "{town} has a {thing} since the days of the railway.",
    "{person}, who is fifty, came to {town} as a child.",
    '"We shall see," said a woman from {other}.',
    "Nobody at the council of {town} wanted to be named.",
    "The weather stayed fine all day.",
    "A film about the {thing} was once made here.",
    "{other} lies half an hour from here by train.",
)


class GeneratedNews(SyntheticSource):
    """News drawn anew from a seed."""

    summary = f"{COUNT:,} generated news with summaries, embedded"

    def load(self, request: Request) -> Splits:
        """Generate the news; the same seed gives the same."""
        random = np.random.default_rng(request.seed)
        rows = [article(random, str(number)) for number in range(COUNT)]
        parts, _ = make_splits({"train": Articles(rows)}, request)
        return splits_of(parts, Info())


def article(random: np.random.Generator, group: str) -> Article:
    """Generate an article.

    Args:
        random: draws all of it.
        group: of the article.

    Returns:
        The article with its summary.
    """
    names, others = _names(random), _names(random)

    def told(form: str, names: Mapping[str, str] = names) -> str:
        return form.format(**names, sum=_pick(random, _SUMS), when=_pick(random, _WHEN))

    core = [told(_pick(random, forms)) for forms in (_EVENTS, _REASONS, _EFFECTS)]
    before = [told(form) for form in _some(random, _SCENES, int(random.integers(0, 4)))]
    between = [told(form) for form in _some(random, _ASIDES, int(random.integers(2, 5)))]
    # The other event, of another town.
    elsewhere = [told(_pick(random, forms), others) for forms in (_EVENTS, _REASONS, _EFFECTS)]
    between = _some(random, [*between, *elsewhere], len(between) + 3)
    # The core keeps its order, and has the rest anywhere between.
    count = len(core) + len(between)
    places = sorted(random.permutation(count)[: len(core)].tolist())
    order = [core[places.index(n)] if n in places else between.pop() for n in range(count)]
    headline = f"{names['town']} and its {names['thing']}"
    return Article((*before, *order), " ".join(core), group, headline)


def _names(random: np.random.Generator) -> dict[str, str]:
    return {
        "town": f"{_name(random)}{_pick(random, ('ton', 'burg', 'ford'))}",
        "other": f"{_name(random)}{_pick(random, ('ham', 'stad', 'by'))}",
        "person": f"{_name(random)} {_name(random)}",
        "thing": _pick(random, _THINGS),
    }


def _name(random: np.random.Generator) -> str:
    return (_pick(random, _SYLLABLES) + _pick(random, _SYLLABLES)).capitalize()


def _some(random: np.random.Generator, among: Sequence[str], count: int) -> list[str]:
    return [among[n] for n in random.permutation(len(among))[:count]]


def _pick(random: np.random.Generator, among: Sequence[str]) -> str:
    return among[int(random.integers(len(among)))]
