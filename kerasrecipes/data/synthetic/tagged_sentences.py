"""Generated sentences in which a word alone does not tell its tag: "I saw the saw".

Most nouns are verbs elsewhere, and which of the two a word is follows from its neighbours,
sometimes from those to its right: "the light watches play" and "the light watches the play". Some
words are made up anew each time, of which only the ending tells what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.vocabulary import words
from kerasrecipes.data.text.tagging import TaggedExamples, splits_of
from kerasrecipes.recipe import Request, Splits

COUNTS = {"train": 2000, "validation": 300, "test": 600}  # sentences

# Each is a noun, and in the same form a verb; with an s a plural, and a verb of the third person.
_BOTH = words(
    "answer book call change cook dance dream drink drive fight guard guess hammer help "
    "hope judge joke lie love mail mark name nurse offer order paint picture plan play "
    "promise question record report rule saw show sign sound start stop study talk test "
    "trade visit walk watch wish work"
)
_LIGHT = (
    "clean",
    "cool",
    "dry",
    "open",
    "light",
    "slow",
)  # each an adjective or, as in "they clean it", a verb
_ADJECTIVES = ("old", "red", "small", "tall", "young", "strange")
_PRONOUNS = ("i", "you", "we", "they")
_SINGULAR = ("he", "she", "it")
_OBJECTS = ("me", "him", "us", "them")
_SYLLABLES = words("ba bri do fel gam gro ki lum mor nel pra ri sto ta vin wug zo")
# Names of people, of places, and parts of firms' names.
_PEOPLE = words("Jordan Paris Austin Chelsea Florence Sydney Victoria Madison Lincoln Houston")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class GeneratedSentences(SyntheticSource):
    """Sentences drawn anew from a seed.

    Args:
        summary: what they hold, in a line.
        draw: `draw(random)` gives a sentence's words, each with its tag.
    """

    summary: str
    draw: Callable[[np.random.Generator], Pairs]

    def load(self, request: Request) -> Splits:
        """Draw the sentences; the same seed gives the same."""
        parts = {}
        for number, (name, count) in enumerate(COUNTS.items()):
            random = np.random.default_rng([request.seed, number])
            sentences = [self.draw(random) for _ in range(count)]
            parts[name] = TaggedExamples(
                [[word for word, _ in pairs] for pairs in sentences],
                [[tag for _, tag in pairs] for pairs in sentences],
            )
        return splits_of(parts, request.trained_info)


def sentence(random: np.random.Generator) -> Pairs:
    """Draw a sentence with parts of speech, by the names of Universal Dependencies."""
    kind = random.integers(6)
    if kind == 0:  # "Will you book the play?"
        pairs = [
            (_of(random, ["will", "can"]), "AUX"),
            *_people(random),
            (_of(random, _BOTH), "VERB"),
        ]
        pairs += [*_object(random), ("?", "PUNCT")]
    elif kind == 1:  # "Watch the light!"
        pairs = [(_of(random, [*_BOTH, *_LIGHT]), "VERB"), *_object(random), ("!", "PUNCT")]
    else:
        pairs = [*_clause(random), (".", "PUNCT")]
    if random.random() < 0.2:
        pairs = pairs[:-1]
    word, tag = pairs[0]
    return [
        ("I" if word == "i" else word, tag)
        for word, tag in [(word[:1].upper() + word[1:], tag), *pairs[1:]]
    ]


def _clause(random: np.random.Generator, depth: int = 0) -> Pairs:
    kind = random.integers(7)
    if kind == 0 and depth == 0:  # "they hope that the light cooks play"
        return [
            *_people(random),
            (_of(random, ["hope", "guess", "dream"]), "VERB"),
            ("that", "SCONJ"),
            *_clause(random, 1),
        ]
    if kind == 1:  # "the saw will play", "the will is old"
        return [
            *_subject(random),
            (_of(random, ["will", "can"]), "AUX"),
            (_of(random, _BOTH), "VERB"),
            *_object(random),
        ]
    if kind == 2:  # "she likes to visit him", "she likes the walk to Paris"
        return [
            *_subject(random),
            (_of(random, ["likes", "wants"]), "VERB"),
            ("to", "PART"),
            (_of(random, [*_BOTH, *_LIGHT]), "VERB"),
            *_object(random),
        ]
    if kind == 3:  # "her offer is old", "that is light"
        subject = [("that", "PRON")] if random.random() < 0.4 else _subject(random)
        return [*subject, ("is", "AUX"), (_of(random, [*_ADJECTIVES, *_LIGHT]), "ADJ")]
    if kind == 4:  # "we guard it like a judge"
        return [
            *_people(random),
            (_of(random, [*_BOTH, *_LIGHT]), "VERB"),
            *_object(random),
            ("like", "ADP"),
            *_thing(random),
        ]
    if kind == 5:  # "they like that play"
        return [*_people(random), ("like", "VERB"), *_object(random)]
    end = [(_made_up(random, "ly"), "ADV")] if random.random() < 0.4 else []
    return [
        *_subject(random),
        (_third(_of(random, _BOTH)), "VERB"),
        *(_object(random) * (random.random() < 0.7)),
        *end,
    ]


def _people(random: np.random.Generator) -> Pairs:
    """Several people, or you and I, so that the verb has no s."""
    if random.random() < 0.6:
        return [(_of(random, _PRONOUNS), "PRON")]
    return [("the", "DET"), *_quality(random), (_third(_of(random, _BOTH)), "NOUN")]


def _subject(random: np.random.Generator) -> Pairs:
    kind = random.integers(4)
    if kind == 0:
        return [(_of(random, _SINGULAR), "PRON")]
    if kind == 1:
        return [(_made_up(random, "").capitalize(), "PROPN")]
    return _thing(random)


def _object(random: np.random.Generator) -> Pairs:
    if random.random() < 0.2:
        return [(_of(random, _OBJECTS), "PRON")]
    thing = _thing(random)
    return (
        [*thing, ("to", "ADP"), (_made_up(random, "").capitalize(), "PROPN")]
        if random.random() < 0.15
        else thing
    )


def _thing(random: np.random.Generator) -> Pairs:
    word, tag = [("the", "DET"), ("a", "DET"), ("that", "DET"), ("her", "PRON"), ("my", "PRON")][
        random.integers(5)
    ]
    nouns = [*_BOTH, "will", "can", "light"]
    noun = _made_up(random, "ness") if random.random() < 0.15 else _of(random, nouns)
    rest = [*_quality(random), (noun, "NOUN")]
    return [("an" if word == "a" and rest[0][0][0] in "aeiou" else word, tag), *rest]


def _quality(random: np.random.Generator) -> Pairs:
    if random.random() < 0.6:
        return []
    return [
        (
            _made_up(random, "ous")
            if random.random() < 0.25
            else _of(random, [*_ADJECTIVES, *_LIGHT]),
            "ADJ",
        )
    ]


def _third(verb: str) -> str:
    """Return the form of a verb for the third person, which is that of the noun's plural too."""
    if verb.endswith(("ch", "sh", "s")):
        return f"{verb}es"
    # `try` gives `tries`, but after a vowel `play` gives `plays`.
    return f"{verb[:-1]}ies" if verb.endswith("y") and verb[-2] not in "aeo" else f"{verb}s"


def _made_up(random: np.random.Generator, ending: str) -> str:
    return "".join(_of(random, _SYLLABLES) for _ in range(random.integers(2, 4))) + ending


def entities(random: np.random.Generator) -> Pairs:
    """Draw a sentence with the names of persons, places and organisations, in the BIO scheme.

    "Jordan" is a person, a place or a part of either's name; what stands beside it tells which.
    """
    person = [
        ("B-PER", _of(random, _PEOPLE)),
        *[("I-PER", _name(random)) for _ in range(random.integers(0, 2))],
    ]
    place = [("B-LOC", _of(random, _PEOPLE))]
    if random.random() < 0.3:
        place = [("B-LOC", _of(random, ["New", "East", "Saint"])), ("I-LOC", _of(random, _PEOPLE))]
    firm = [
        ("B-ORG", _of(random, [*_PEOPLE, _name(random)])),
        ("I-ORG", _of(random, ["Bank", "United", "Motors"])),
    ]
    other = [("B-PER", _name(random))]
    frames: Sequence[Sequence[str | list[tuple[str, str]]]] = [
        [person, "met", other, "in", place, "."],
        [person, "works", "for", firm, "in", place, "."],
        [firm, "opened", "a", "shop", "near", place, "."],
        ["the", "mayor", "of", place, ",", person, ",", "praised", firm, "."],
        ["nobody", "in", place, "trusts", firm, "."],
        [
            other,
            "flew",
            "from",
            place,
            "to",
            [("B-LOC", _of(random, _PEOPLE))],
            "with",
            person,
            ".",
        ],
        ["it", "rained", "all", "day", "."],
    ]
    pieces = frames[int(random.integers(len(frames)))]
    return [
        (word, tag)
        for piece in pieces
        for tag, word in ([("O", piece)] if isinstance(piece, str) else piece)
    ]


def _name(random: np.random.Generator) -> str:
    return _made_up(random, "").capitalize()


def _of(random: np.random.Generator, words: Sequence[str]) -> str:
    return words[int(random.integers(len(words)))]


SENTENCES = {
    "parts_of_speech": (
        f"{sum(COUNTS.values()):,} generated sentences with parts of speech, "
        "such as 'I saw the saw', embedded",
        sentence,
    ),
    "names": (
        f"{sum(COUNTS.values()):,} generated sentences with names of persons, places and firms, "
        "embedded",
        entities,
    ),
}
