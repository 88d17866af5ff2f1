"""Hidden words are told, whole, and judged beside counted neighbours."""

import types

import keras
import numpy as np
import pytest

from kerasrecipes.data.text.language_modeling import LineExamples
from kerasrecipes.data.text.masked_language_modeling import prepare
from kerasrecipes.errors import UserError
from kerasrecipes.inference.masked_language_modeling import neighbours, scores, tell_words, told
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation, Splits

LINES = ["the sea is wide", "the land is green", "a boat is on the sea"] * 40


@keras.saving.register_keras_serializable(package="tests")
class Fixed(keras.layers.Layer):
    """Tells the same tokens everywhere: a piece within a word first, then some words."""

    def __init__(self, order, size, **options):
        super().__init__(**options)
        table = np.full(size, 0.001, np.float32)
        for place, token in enumerate(order):
            table[token] = 0.5**place
        self.table = table / table.sum()

    def call(self, x):
        ones = keras.ops.ones_like(x, "float32")
        return keras.ops.expand_dims(ones, -1) * self.table


@pytest.fixture(scope="module")
def run():
    parts = {name: LineExamples(LINES) for name in ("train", "validation", "test")}
    splits = prepare(Splits(**parts, info=Info()), input_length=12, vocabulary_size=70)
    pieces = splits.info.preprocessor.pieces
    within = int(np.flatnonzero(pieces.continues)[0])
    order = [within, 4, *(int(pieces.encode([word])[0][0]) for word in ("sea", "land", "boat"))]
    inputs = keras.Input((None,), dtype="int32")
    model = keras.Model(inputs, Fixed(order, pieces.size)(inputs))
    return types.SimpleNamespace(model=model, info=splits.info, examples=splits.test)


def test_the_most_probable_words_are_told(run):
    (answer,) = tell_words(run, ["the [MASK] is wide"], top=3)
    assert answer["label"] == "sea"
    assert [chance["label"] for chance in answer["probabilities"]] == ["sea", "land", "boat"]
    found = [chance["probability"] for chance in answer["probabilities"]]
    assert found == sorted(found, reverse=True) and 0 < found[0] < 1


def test_several_are_told_in_their_places(run):
    one, two = tell_words(run, ["a [MASK] is on the [MASK]", "qqq [MASK]"], top=4)
    assert one["label"] == "a sea is on the sea"
    assert [chance["label"] for chance in one["probabilities"]] == [
        "1: sea", "1: land", "2: sea", "2: land",
    ]  # fmt: skip
    (alone,) = tell_words(run, ["the [MASK]"])
    assert one["probability"] == pytest.approx(alone["probability"] ** 2, rel=1e-5)
    assert two["label"] == "sea"


def test_a_file_is_a_text(run, tmp_path):
    (tmp_path / "a.txt").write_text("the [MASK] is green")
    (answer,) = tell_words(run, [str(tmp_path / "a.txt")])
    assert answer["label"] == "sea"


@pytest.mark.parametrize(
    ("texts", "options", "message"),
    [
        (["the sea"], {}, r"hides no word: write \[MASK\]"),
        (["the [MASK]"], {"top": 0}, "top=0: must be at least 1"),
        (["sea " * 30 + "[MASK]"], {}, "has 31 tokens, and the model reads 10"),
        ([], {}, "there is no text; give one such as"),
    ],
)
def test_what_cannot_be_told_is_said(run, texts, options, message):
    with pytest.raises(UserError, match=message):
        tell_words(run, texts, **options)


def test_it_is_judged_by_hidden_tokens_alone(run):
    outputs = told(run.model, run.info, run.examples)
    labels = run.examples.take(np.arange(len(run.examples)))[1]
    assert outputs.shape == (*labels.shape, 2)
    evaluation = Evaluation(
        recipe="bert",
        model=run.model,
        info=run.info,
        examples=run.examples,
        labels=labels,
        outputs=outputs,
        metrics={},
    )
    table = run.model.layers[-1].table
    expected = np.exp(-np.log(table[labels[labels > 0]]).mean())
    assert scores(evaluation)["perplexity"] == pytest.approx(expected, rel=1e-4)
    baseline = neighbours(evaluation)
    assert 0.3 < baseline.metrics["accuracy"] <= 1 and baseline.metrics["perplexity"] < 20
