"""Text is generated from any prompt, and the probability of each next token is the model's."""

import types

import keras
import numpy as np
import pytest

from kerasrecipes.data.text.language_modeling import LineExamples, prepare
from kerasrecipes.errors import UserError
from kerasrecipes.inference.language_modeling import (
    generate_text,
    scores,
    truth_probabilities,
)
from kerasrecipes.info import Info
from kerasrecipes.models.gpt import gpt
from kerasrecipes.models.rnn_language_model import language_model
from kerasrecipes.recipe import Evaluation, Splits

LINES = ["the sea, the sea", "and the land", "no more land"] * 30


@pytest.fixture(scope="module", params=["characters", "words"])
def run(request):
    parts = Splits(
        train=LineExamples(LINES),
        validation=LineExamples(LINES[:4]),
        test=LineExamples(LINES[:4]),
        info=Info(),
    )
    splits = prepare(
        parts, tokenization=request.param, vocabulary_size=None, lowercase=False, input_length=8
    )
    made = language_model(splits.info.vocabulary_size, embedding_dimension=8, units=24)
    made.compile("adam", "sparse_categorical_crossentropy")
    made.optimizer.learning_rate = 0.02
    x, y = splits.train.take(np.arange(len(splits.train)))
    made.fit(x, y, epochs=20, batch_size=16, verbose=0)
    return types.SimpleNamespace(model=made, info=splits.info, examples=splits.test)


@pytest.mark.slow
def test_it_learns_and_goes_on_with_what_is_given(run):
    answer = generate_text(run, ["the sea, the"], length=30, temperature=0)[0]
    assert answer["prompt"] == "the sea, the" and "notes" not in answer
    assert answer["text"].startswith("the sea, the sea")
    assert generate_text(run, ["no more"], length=10, temperature=0)[0]["text"].startswith(
        "no more land\n"
    )


def test_odd_beginnings_are_defined(run):
    empty, strange, only = generate_text(run, ["", "the Ж land", "Ж"], length=5, temperature=0)
    assert empty["text"] and "notes" not in empty
    assert strange["text"].startswith("the Ж land") and "'Ж'" in strange["notes"][0]
    assert only["text"].startswith("Ж")
    assert generate_text(run, [b"the sea\n"], length=5, temperature=0)[0]["prompt"] == "the sea"


@pytest.mark.parametrize(
    "option",
    [
        {"length": 0},
        {"temperature": -1.0},
        {"top_k": 0},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"repetition_penalty": 0.0},
        {"seed": -1},
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(run, option):
    with pytest.raises(UserError, match=f"{next(iter(option))}="):
        generate_text(run, ["the"], **option)


def test_the_probability_of_what_came_is_the_models(run):
    held = truth_probabilities(run.model, run.info, run.examples)
    x, y = run.examples.take(np.arange(len(run.examples)))
    outputs = keras.ops.convert_to_numpy(run.model(x))
    assert held.shape == y.shape
    np.testing.assert_allclose(held[0, 3], outputs[0, 3, y[0, 3]], rtol=1e-4)


def test_bits_count_by_the_characters_of_the_text(run):
    held = truth_probabilities(run.model, run.info, run.examples)
    labels = run.examples.take(np.arange(len(run.examples)))[1]
    given = {"model": run.model, "info": run.info, "examples": run.examples, "metrics": {}}
    found = scores(Evaluation(recipe="next_word", labels=labels, outputs=held, **given))
    written = len(run.info.preprocessor.decode(labels.reshape(-1)))
    assert found["bits_per_character"] == pytest.approx(-np.log2(held).sum() / written, rel=1e-5)
    # A word has several characters, so each of them costs less than a token does.
    is_words = run.info.preprocessor.tokenizer.kind == "words"
    assert (written > 2 * labels.size) == is_words and "bigram_perplexity" in found


def test_a_prompt_that_is_longer_than_a_model_looks_back_is_noted(run):
    made = gpt(run.info.vocabulary_size, 8, units=8, num_layers=1, num_heads=2)
    asked = types.SimpleNamespace(model=made, info=run.info)
    (answer,) = generate_text(asked, ["the sea, " * 9], length=3)
    assert "the model looks back at 8: it goes on from the last of them" in answer["notes"][0]
