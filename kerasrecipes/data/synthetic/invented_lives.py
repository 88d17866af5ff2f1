"""Generated articles on the lives of two people who never were, with questions about them.

Names and places are made up anew for each article, so no answer can be known beforehand. What is
told of the one is mostly told of the other as well, in the same words, and only at first by name:
where somebody was born is said of "he" or "she". Every sixth question asks for what the article
does not tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.synthetic.vocabulary import words
from kerasrecipes.data.text.question_answering import Question, Questions
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

ARTICLES = 900
_ASKED = 5  # questions about each
_TOLD = 4  # facts of each person
_UNTOLD = 1 / 6  # share of them without an answer

_SYLLABLES = words("ba bri do fel gam gro ki lum mor nel pra ri sto ta vin wug zo ash ul em")
_ENDINGS = {"person": ("an", "is", "a", "o"), "place": ("burg", "ton", "stad", "mouth")}
_TRADES = (
    *("a baker", "a painter of ships", "a clerk at the court", "a teacher", "a maker of clocks"),
    *("a doctor", "a shepherd", "a singer at the opera"),
)
_WORKS = (
    *("a bridge of wood", "the first tram", "a map of the stars", "a hall of glass"),
    *("a book on birds", "three lighthouses"),
)


class Fact(NamedTuple):
    """What can be told of somebody.

    Args:
        sentences: ways to tell it, of `{who}`, with the values in braces.
        questions: ways to ask for each value.
        ages: at which it happens, from and below.
    """

    sentences: Sequence[str]
    questions: Mapping[str, Sequence[str]]
    ages: tuple[int, int] = (0, 1)


_FACTS = (
    Fact(
        ("{who} was born in {place} in {year}.", "In {year} {who} came into the world in {place}."),
        {
            "place": ("Where was {name} born?", "In which town was {name} born?"),
            "year": ("When was {name} born?", "In which year was {name} born?"),
        },
    ),
    Fact(
        ("{who} moved to {place} in {year}.", "From {year} on {who} lived in {place}."),
        {
            "place": ("Where did {name} move to?", "Which town did {name} go to live in?"),
            "year": ("When did {name} move?", "Since when did {name} live there?"),
        },
        (16, 45),
    ),
    Fact(
        ("{who} worked as {trade}.", "{who} was {trade} for many years.", "{who} became {trade}."),
        {"trade": ("What did {name} work as?", "What was the trade of {name}?")},
    ),
    Fact(
        ("{who} married {person} in {year}.", "In {year} {who} and {person} were married."),
        {
            "person": ("Who did {name} marry?", "To whom was {name} married?"),
            "year": ("When did {name} marry?", "In which year was the wedding of {name}?"),
        },
        (18, 50),
    ),
    Fact(
        ("{who} built {work}.", "Many people remember {who} for {work}.", "{who} made {work}."),
        {"work": ("What did {name} build?", "What is {name} remembered for?")},
    ),
    Fact(
        ("{who} died in {year}.", "{who} lived until {year}."),
        {"year": ("When did {name} die?", "In which year did {name} die?")},
        (55, 99),
    ),
)
_OBJECTS = {"he": "him", "she": "her"}


class InventedLives(SyntheticSource):
    """Articles and questions drawn anew from a seed; articles are not divided among splits."""

    summary = f"{ARTICLES * _ASKED:,} questions about {ARTICLES} generated articles, embedded"

    def load(self, request: Request) -> Splits:
        """Generate articles and questions; the same seed gives the same."""
        random = np.random.default_rng(request.seed)
        rows = [row for number in range(ARTICLES) for row in article(random, str(number))]
        parts, _ = make_splits(
            {"train": Questions(rows)}, request, groups=lambda part: [r.group for r in part.rows]
        )
        return splits_of(parts, Info())


def article(random: np.random.Generator, group: str) -> list[Question]:
    """Generate an article and questions about it.

    Args:
        random: draws all of it.
        group: of its questions.

    Returns:
        The questions, each with the article.
    """
    names = [_made_up(random, "person"), _made_up(random, "person")]
    pronouns = ["he", "she"] if random.random() < 0.5 else ["she", "he"]
    text, asked, untold = "", [], []
    for name, pronoun in zip(names, pronouns, strict=True):
        born, told = int(random.integers(1700, 1950)), random.permutation(len(_FACTS))
        for place, number in enumerate(told):
            fact = _FACTS[number]
            if place >= _TOLD:
                untold += [
                    _pick(random, ways).format(name=name) for ways in fact.questions.values()
                ]
                continue
            who = name if place == 0 or random.random() < 0.2 else pronoun
            year = born + int(random.integers(*fact.ages))
            values = {kind: _value(random, kind, year) for kind in fact.questions}
            sentence, starts = _told(_pick(random, fact.sentences), who, values)
            for kind, ways in fact.questions.items():
                answer = (values[kind], len(text) + starts[kind])
                asked.append((_pick(random, ways).format(name=name), answer))
            text += f"{sentence} "
    chosen = [asked[n] for n in random.permutation(len(asked))[:_ASKED]]
    found = []
    for question, (answer, start) in chosen:
        if random.random() < _UNTOLD:
            found.append(Question(_pick(random, untold), text.strip(), group=group))
        else:
            found.append(Question(question, text.strip(), (answer,), (start,), group))
    return found


def _told(form: str, who: str, values: Mapping[str, str]) -> tuple[str, dict[str, int]]:
    """Return a sentence, and where each value begins in it."""
    # "remember her for", but "she was".
    spoken = _OBJECTS.get(who, who) if "remember {who}" in form else who
    sentence = form.replace("{who}", spoken)
    starts: dict[str, int] = {}
    while "{" in sentence:
        begin = sentence.index("{")
        kind = sentence[begin + 1 : sentence.index("}")]
        starts[kind] = begin
        sentence = sentence.replace(f"{{{kind}}}", values[kind], 1)
    return f"{sentence[0].upper()}{sentence[1:]}", starts


def _value(random: np.random.Generator, kind: str, year: int) -> str:
    if kind == "year":
        return str(year)
    if kind in ("trade", "work"):
        return _pick(random, _TRADES if kind == "trade" else _WORKS)
    return _made_up(random, kind)


def _made_up(random: np.random.Generator, kind: str) -> str:
    middle = "".join(_pick(random, _SYLLABLES) for _ in range(int(random.integers(1, 3))))
    return (middle + _pick(random, _ENDINGS[kind])).capitalize()


def _pick(random: np.random.Generator, among: Sequence[str]) -> str:
    return among[int(random.integers(len(among)))]
