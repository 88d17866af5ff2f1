"""Texts become token ids by a vocabulary of the training texts, whatever they hold."""

import json

import numpy as np
import pytest

from kerasrecipes.data.text.classification_encoding import TextPreprocessor, kept_positions, prepare
from kerasrecipes.data.text.store import TextExamples
from kerasrecipes.data.text.tokenizer import UNKNOWN
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Splits

TRAIN = ["the film was good", "the film was bad", "the plot was good", "a rare word"] * 3
ODD = [
    "",
    "   ",
    "zyx wvu",
    "👍🏽 👨‍👩‍👧",
    "فيلم رائع",
    "这部电影很好",
    "film \udc80 good",
    "GOOD FILM!!!",
    "x" * 5000,
]


def splits(train=TRAIN, test=ODD, classes=("bad", "good")):
    labels = np.arange(len(train)) % len(classes)
    parts = {"train": TextExamples.of(zip(train, labels, strict=True))}
    parts["validation"] = parts["test"] = TextExamples.of((text, 0) for text in test)
    return Splits(**parts, info=Info(classes=classes))


def test_the_vocabulary_is_that_of_the_training_texts():
    made = prepare(splits(), vocabulary_size=6)
    assert made.info.vocabulary_size == 6 and made.info.task == "binary"
    assert made.info.sequence_length == 4 and made.train.y.tolist()[:2] == [[0.0], [1.0]]
    reader = Info.from_dict(json.loads(json.dumps(made.info.as_dict()))).preprocessor
    assert [reader.tokenizer.token(n) for n in (4, 5)] == ["the", "was"]
    assert prepare(splits(classes=("a", "b", "c"))).train.y.dtype.kind == "i"


def test_odd_texts_have_at_least_one_token():
    made = prepare(splits())
    assert made.test.x.lengths.min() == 1
    assert made.test.x[0].tolist() == made.test.x[1].tolist() == [UNKNOWN]
    assert all(set(made.test.x[n].tolist()) == {UNKNOWN} for n in (2, 3, 4, 5, 8))
    assert UNKNOWN not in made.test.x[7][:2]


@pytest.mark.parametrize("tokens", ["characters", "subwords"])
def test_other_tokens_than_words(tokens):
    made = prepare(splits(), tokenization=tokens, vocabulary_size=300, max_length=20)
    assert made.test.x.lengths.max() == 20 and made.info.vocabulary_size <= 300


def test_words_that_occur_once_are_unknown_where_others_are_left():
    assert UNKNOWN in prepare(splits(["good film", "bad film", "only once"])).train.x[2]
    assert UNKNOWN not in prepare(splits(["good film", "bad plot", "other words"])).train.x[2]


def test_notes_say_what_is_doubtful():
    reader = prepare(splits(), max_length=4).info.preprocessor
    notes = {
        text: reader.doubts(text)
        for text in ("", "zyx", "film zyx wvu", "the film was good", "good " * 9)
    }
    assert notes[""] == ["the text is empty"] and "none of its words" in notes["zyx"][0]
    assert notes["film zyx wvu"][0].startswith("67%") and notes["the film was good"] == []
    assert "of its 9 tokens 4 were read" in notes["good " * 9][0]


def test_a_long_text_keeps_its_beginning_and_its_end():
    assert kept_positions(3, 4) == [0, 1, 2] and kept_positions(10, 4) == [0, 7, 8, 9]
    texts = ["good bad " * 50, "good film bad plot"]
    made = prepare(splits(texts * 3, texts), max_length=8)
    assert made.test.x.lengths.tolist() == [8, 4]
    short = prepare(splits(texts * 3, texts), max_length=8, train_length=6)
    assert short.train.x.lengths.tolist() == [6, 4] * 3 and short.test.x.lengths.tolist() == [8, 4]
    assert (
        prepare(
            splits(texts * 3, texts), max_length=8, train_length=6, padding="fixed"
        ).train.x.lengths.max()
        == 8
    )


def test_padding_is_bucketed_or_fixed():
    assert prepare(splits()).train.lengths is not None
    for padding in ("fixed", "unmasked"):
        made = prepare(splits(), padding=padding)
        assert made.train.lengths is None and made.train.take(np.arange(2))[0].shape == (2, 4)
        assert made.test.take(np.arange(len(ODD)))[0].shape == (len(ODD), 4)
        assert made.info.preprocessor.padding == padding


def test_other_texts_are_numbered_as_in_training():
    made = prepare(splits())
    others = Splits(
        **{n: TextExamples.of([("film good new", 1)]) for n in ("train", "validation", "test")},
        info=made.info,
        trained_info=made.info,
    )
    again = prepare(others, vocabulary_size=5)
    assert again.info.vocabulary_size == made.info.vocabulary_size
    assert again.info.preprocessor == made.info.preprocessor
    assert again.test.x[0][-1] == UNKNOWN


def test_what_cannot_be_is_refused():
    with pytest.raises(UserError, match="no words to learn"):
        prepare(splits([" ", "  "]))
    with pytest.raises(UserError, match="max_length=0"):
        prepare(splits(), max_length=0)
    with pytest.raises(UserError, match="not trained on texts"):
        TextPreprocessor.of(Info())
