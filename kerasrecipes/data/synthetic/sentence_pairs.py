"""Sentence pairs that are made by rule, in which the order of words changes.

English puts the verb between subject and object, romanised Japanese at the end; what English says
with "of", "because" and "when" stands the other way round. So no word has its translation in the
same place, and the longer the sentence, the farther away.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.synthetic.vocabulary import dictionary, words
from kerasrecipes.data.text.translation import Pair, splits_of
from kerasrecipes.recipe import Request, Splits

_NOUNS = dictionary(
    "farmer:noufu teacher:sensei student:gakusei doctor:isha child:kodomo king:ou "
    "driver:untenshu singer:kashu nurse:kangofu painter:gaka friend:tomodachi dog:inu "
    "cat:neko horse:uma bird:tori cow:ushi monkey:saru rabbit:usagi book:hon "
    "letter:tegami house:ie car:kuruma apple:ringo flower:hana table:tsukue picture:e "
    "bag:kaban hat:boushi bread:pan river:kawa"
)
_ADJECTIVES = dictionary(
    "old:furui new:atarashii big:ookii small:chiisai red:akai white:shiroi black:kuroi "
    "blue:aoi fast:hayai good:ii strong:tsuyoi young:wakai heavy:omoi long:nagai "
    "beautiful:utsukushii busy:isogashii"
)
_VERBS = {
    "sees": "miru",
    "buys": "kau",
    "sells": "uru",
    "washes": "arau",
    "carries": "hakobu",
    "looks for": "sagasu",
    "waits for": "matsu",
    "paints": "egaku",
    "finds": "mitsukeru",
    "forgets": "wasureru",
    "helps": "tasukeru",
    "calls": "yobu",
    "chooses": "erabu",
    "remembers": "oboeru",
    "hides": "kakusu",
    "throws away": "suteru",
}
_PLACES = dictionary(
    "garden:niwa station:eki school:gakkou kitchen:daidokoro park:kouen town:machi "
    "forest:mori hospital:byouin"
)
# The clause after these English words comes first in Japanese, and its subject is marked by "ga".
_TURNED = {"because": "kara", "when": "toki", "before": "mae ni"}
_MONTHS = words(
    "january february march april may june july august september october november december"
)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen "
    "fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = dictionary(
    "one:first two:second three:third five:fifth eight:eighth nine:ninth twelve:twelfth "
    "twenty:twentieth thirty:thirtieth"
)


SHARES = (0.9, 0.05, 0.05)  # 5 % of thousands of generated pairs measure BLEU well enough


@dataclass(frozen=True)
class GeneratedPairs(SyntheticSource):
    """Pairs drawn anew from a seed.

    Args:
        name: of the pairs.
        summary: what they are, in a line.
        languages: of source and target.
        draw: `draw(random)` gives a pair.
        count: number of pairs.
    """

    name: str
    summary: str
    languages: tuple[str, str]
    draw: Callable[[np.random.Generator], Pair]
    count: int

    def load(self, request: Request) -> Splits:
        """Draw and divide the pairs; the same seed gives the same pairs."""
        random = np.random.default_rng(request.seed)
        pairs = [self.draw(random) for _ in range(self.count)]
        parts = {"train": pairs}
        splits = splits_of(parts, request, self.languages, self.name, shares=SHARES)
        return replace(splits, notes=())  # that generated pairs are divided is no news


def sentence(random: np.random.Generator) -> Pair:
    """Draw an English sentence of one to four clauses, and its romanised Japanese."""
    count = int(random.integers(1, 5))
    english, japanese = _clause(random, "wa")
    for number in range(1, count):
        if number % 2:
            word = _one(random, list(_TURNED))
            other, turned = _clause(random, "ga")
            english, japanese = f"{english} {word} {other}", f"{turned} {_TURNED[word]} {japanese}"
        else:
            other, next_one = _clause(random, "wa")
            english, japanese = f"{english} and then {other}", f"{japanese} sorekara {next_one}"
    return english, japanese


def _clause(random: np.random.Generator, mark: str) -> Pair:
    subject, its_subject = _phrase(random)
    thing, its_thing = _phrase(random)
    verb = _one(random, list(_VERBS))
    place = _one(random, list(_PLACES)) if random.random() < 0.4 else None
    english = f"{subject} {verb} {thing}" + (f" in the {place}" if place else "")
    where = f" {_PLACES[place]} de" if place else ""
    return english, f"{its_subject} {mark}{where} {its_thing} o {_VERBS[verb]}"


def _phrase(random: np.random.Generator) -> Pair:
    english, japanese = _described(random)
    if random.random() < 0.25:
        owner, its_owner = _described(random)
        return f"{english} of {owner}", f"{its_owner} no {japanese}"
    return english, japanese


def _described(random: np.random.Generator) -> Pair:
    noun = _one(random, list(_NOUNS))
    words = [_one(random, list(_ADJECTIVES))] if random.random() < 0.5 else []
    return " ".join(["the", *words, noun]), " ".join(
        [*(_ADJECTIVES[word] for word in words), _NOUNS[noun]]
    )


def day(random: np.random.Generator) -> Pair:
    """Draw a date of the years 1900 to 2099, in one of several ways of saying it, and as ISO 8601
    writes it.
    """
    # 200 years have 73,049 days: 49 of them are leap years, 1900 is none.
    then = date(1900, 1, 1) + timedelta(days=int(random.integers(0, 73049)))
    number, month, year = _ordinal(then.day), _MONTHS[then.month - 1], _year(then.year)
    ways = (
        f"the {number} of {month} {year}",
        f"{month} the {number}, {year}",
        f"{_WEEKDAYS[then.weekday()]}, the {number} of {month}, {year}",
        f"in {year}, on the {number} of {month}",
        f"{month} {_cardinal(then.day)}, {year}",
    )
    return _one(random, ways), then.isoformat()


def _cardinal(number: int) -> str:
    """Spell a number from 0 to 99."""
    if number < 20:
        return _UNITS[number]
    tens, unit = divmod(number, 10)
    return _TENS[tens] + (f"-{_UNITS[unit]}" if unit else "")


def _ordinal(number: int) -> str:
    # Of twenty-one only the last part changes: twenty-first.
    lead, dash, last = _cardinal(number).rpartition("-")
    return lead + dash + _ORDINALS.get(last, f"{last}th")


def _year(year: int) -> str:
    century, rest = divmod(year, 100)
    if century == 20 and rest < 10:
        # From 2010 on, a year is read in two halves: twenty ten.
        return "two thousand" + (f" and {_UNITS[rest]}" if rest else "")
    if not rest:
        return f"{_cardinal(century)} hundred"
    return f"{_cardinal(century)} {'oh ' if rest < 10 else ''}{_cardinal(rest)}"


def _one(random: np.random.Generator, words):
    return words[int(random.integers(len(words)))]


PAIRS: dict[str, tuple[str, tuple[str, str], Callable[[np.random.Generator], Pair], int]] = {
    "word_order": (
        "made sentences, English to romanised Japanese: the verb moves to the end",
        ("English", "romanised Japanese"),
        sentence,
        12000,
    ),
    "dates": ("made dates, in English words to ISO 8601", ("words", "ISO 8601"), day, 12000),
}
