"""Pairs of sentences become token ids."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.text import translation
from kerasrecipes.data.text.tokenizer import END, START, UNKNOWN
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


@pytest.mark.parametrize("tokens", ["words", "characters", "subwords"])
def test_pairs_become_numbers_and_texts_again(tokens):
    splits = translation.prepare(
        synthetic.translations("word_order", 300).load(Request()), tokenization=tokens
    )
    assert splits.info.vocabulary_size == splits.info.preprocessor.target.size
    train = splits.train
    x, y, weight = train.take(np.arange(5))
    assert (x["target"][:, 0] == START).all() and (
        x["target"][:, 1:] == np.where(y == END, 0, y)[:, :-1]
    ).all()
    assert ((y > 0) == (weight == 1)).all() and ((y == END).sum(axis=1) == 1).all()
    target = splits.info.preprocessor.target
    assert [target.decode(row) for row in y] == [some[0] for some in train.texts.references[:5]]
    assert train.select(np.array([3])).texts.sources == [train.texts.sources[3]]
    assert len(train.sample(7, 0)) == 7


def test_unknown_scripts_are_unknown_or_bytes_and_never_an_error():
    for tokens in ("words", "characters", "subwords"):
        splits = translation.prepare(
            synthetic.translations("word_order", 100).load(Request()), tokenization=tokens
        )
        source = splits.info.preprocessor.source
        row = source.encode(["नमस्ते"])[0]
        assert len(row) and ((row == UNKNOWN).all() if tokens != "subwords" else (row > END).all())


def test_long_pairs_are_left_out_of_training_only():
    splits = synthetic.translations("word_order", 300).load(Request())
    short = translation.prepare(splits, max_length=12)
    assert short.train.lengths.max() <= 16 and "longer than 12 tokens" in short.notes[-1]
    assert len(short.test) == len(splits.test) and short.info.preprocessor.longest_source <= 12
    with pytest.raises(UserError, match="max_length=1"):
        translation.prepare(splits, max_length=1)


def test_every_translation_is_learned_and_one_example_judged_by_all():
    found = translation.TranslationExamples.of([("a", "x"), ("b", "y"), ("a", "z"), ("a", "x")])
    assert found.sources == ["a", "b"] and found.references == [("x", "z"), ("y",)]
    assert found.each().sources == ["a", "a", "b"] and found.each().references == [
        ("x",),
        ("z",),
        ("y",),
    ]
