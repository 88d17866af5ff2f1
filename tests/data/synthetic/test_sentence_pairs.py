"""Generated pairs of sentences."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.synthetic import sentence_pairs
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


def everything(splits):
    """Every pair of all splits."""
    parts = (splits.train, splits.validation, splits.test)
    return [
        (source, some)
        for part in parts
        for source, some in zip(part.sources, part.references, strict=True)
    ]


def test_words_are_kept_and_their_order_is_not():
    random = np.random.default_rng(0)
    lengths = []
    for _ in range(200):
        english, japanese = sentence_pairs.sentence(random)
        verbs = [
            said for verb, said in sentence_pairs._VERBS.items() if f" {verb} " in f" {english} "
        ]
        assert verbs and all(f" o {verb}" in japanese for verb in verbs)
        assert not japanese.startswith(tuple(verbs))
        lengths.append(len(english.split()))
    assert min(lengths) < 8 and max(lengths) > 30


def test_dates_are_said_in_words_and_written_in_iso():
    assert sentence_pairs._year(1984) == "nineteen eighty-four"
    assert (
        sentence_pairs._year(1905) == "nineteen oh five"
        and sentence_pairs._year(1900) == "nineteen hundred"
    )
    assert (
        sentence_pairs._year(2007) == "two thousand and seven"
        and sentence_pairs._year(2000) == "two thousand"
    )
    ordinals = {
        1: "first",
        12: "twelfth",
        20: "twentieth",
        21: "twenty-first",
        30: "thirtieth",
        14: "fourteenth",
    }
    assert {n: sentence_pairs._ordinal(n) for n in ordinals} == ordinals
    splits = synthetic.translations("dates", 300).load(Request())
    assert all(some[0][4] == "-" and len(some[0]) == 10 for _, some in everything(splits))


def test_the_same_seed_draws_the_same_and_no_sentence_is_in_two_splits():
    source = synthetic.translations("word_order", 400)
    first, second = source.load(Request(seed=1)), source.load(Request(seed=1))
    assert everything(first) == everything(second)
    assert everything(first) != everything(source.load(Request(seed=2)))
    texts = [text for text, _ in everything(first)]
    assert len(set(texts)) == len(texts)
    with pytest.raises(UserError, match="did you mean 'dates'"):
        synthetic.translations("date")
