"""Sentences with tags become what a model takes, and what their tags say about spans."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kerasrecipes.data.text import tagging
from kerasrecipes.data.text.tagging import (
    AMBIGUOUS,
    CLEAR,
    LONGEST,
    UNSEEN,
    UNTAGGED,
    TaggedExamples,
)
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info


def made(train, test=(), **options):
    def part(rows):
        return (
            TaggedExamples(*zip(*[zip(*row, strict=True) for row in rows], strict=True))
            if rows
            else TaggedExamples([], [])
        )

    parts = {"train": part(train), "validation": part(train[:1]), "test": part(test or train[:1])}
    return tagging.splits_of(parts, **options)


SAW = [("I", "PRON"), ("saw", "VERB"), ("the", "DET"), ("saw", "NOUN")]
DOG = [("a", "DET"), ("dog", "NOUN")]


def test_words_letters_and_tags_are_numbered():
    splits = tagging.prepare(made([SAW, DOG]), characters_per_word=4)
    x, y = splits.train.take(np.array([1, 0]))
    assert x["words"].shape == (2, 8) and x["letters"].shape == (2, 8, 4) and y.shape == (2, 8)
    assert x["words"][1, 1] == x["words"][1, 3] >= 4 and x["words"][0, 0] not in x["words"][1]
    assert (
        (x["words"][0, 2:] == 0).all()
        and (x["letters"][0, 2:] == 0).all()
        and (y[0, 2:] == UNTAGGED).all()
    )
    assert [splits.info.classes[k] for k in y[1, :4]] == ["PRON", "VERB", "DET", "NOUN"]
    assert splits.info.vocabulary_size == 4 + 5


def test_of_a_long_word_its_beginning_and_its_end_are_kept():
    splits = tagging.prepare(made([[("abcdefgh", "X"), ("b", "Y")]]), characters_per_word=5)
    encoder = splits.info.preprocessor
    letters = encoder([["abcdefgh"]])["letters"].values[0]
    assert [encoder.characters.token(k) for k in letters] == list("abcgh")


def test_the_preprocessor_survives_json_and_encodes_alike():
    splits = tagging.prepare(made([SAW, DOG]), characters_per_word=6)
    info = Info.from_dict(json.loads(json.dumps(splits.info.as_dict())))
    for name, column in info.preprocessor(splits.train.text).items():
        np.testing.assert_array_equal(column.values, splits.train.x[name].values)


def test_what_is_known_of_each_word_comes_from_training():
    test = [[("The", "DET"), ("saw", "VERB"), ("cat", "NOUN")]]
    splits = tagging.prepare(made([SAW, DOG, [("the", "DET"), ("saw", "NOUN")]], test))
    assert list(splits.test.kinds.values) == [CLEAR, AMBIGUOUS, UNSEEN]
    assert [splits.info.classes[k] for k in splits.test.usual.values] == ["DET", "NOUN", "NOUN"]


def test_a_tag_of_the_test_split_alone_counts_as_a_mistake_and_is_told():
    splits = made([SAW, DOG], [[("oh", "INTJ"), ("a", "DET")]])
    assert splits.info.classes == ("DET", "NOUN", "PRON", "VERB", "INTJ")
    assert splits.notes == (
        "no training word has the tag INTJ; 1 test words with it count as mistakes",
    )
    assert tagging.prepare(splits).test.y.values[0] == 4


def test_one_tag_alone_is_refused():
    with pytest.raises(UserError, match="at least 2 different tags, received X"):
        made([[("a", "X"), ("b", None)]])


def test_a_very_long_sentence_is_cut():
    splits = made([[("a", "X"), ("b", "Y")] * LONGEST])
    assert [len(words) for words in splits.train.words] == [LONGEST, LONGEST]
    assert "1 sentences of more than" in splits.notes[0]


def test_the_preprocessor_of_a_training_is_used_on_other_data():
    first = tagging.prepare(made([SAW, DOG]), characters_per_word=4)
    other = made([SAW], [[("dog", "NOUN"), ("barks", "FOO")]], trained_info=first.info)
    assert other.info is first.info and "FOO" in other.notes[0]
    fitted = tagging.prepare(replace(other, trained_info=first.info))
    assert list(fitted.test.y.values) == [first.info.classes.index("NOUN"), UNTAGGED]
    np.testing.assert_array_equal(fitted.test.x["words"].values[0], first.train.x["words"][1][1])


def test_a_sample_keeps_its_columns_together():
    splits = tagging.prepare(made([SAW, DOG] * 20), characters_per_word=4)
    some = splits.train.sample(9, seed=1)
    for number, words in enumerate(some.text):
        assert (
            len(words)
            == len(some.y[number])
            == len(some.kinds[number])
            == len(some.x["letters"][number])
        )
