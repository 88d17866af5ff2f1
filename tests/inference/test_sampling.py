"""Text is continued with carried state, as feeding it all again at each token would continue it."""

import types

import keras
import numpy as np
import pytest

from kerasrecipes.data.text.language_modeling import LineExamples, prepare
from kerasrecipes.data.text.tokenizer import PADDING, START, UNKNOWN
from kerasrecipes.errors import UserError
from kerasrecipes.inference.language_modeling import generate_text, truth_probabilities
from kerasrecipes.inference.sampling import STEPS, Generator
from kerasrecipes.models.rnn_language_model import language_model
from kerasrecipes.recipe import Info, Splits

SIZE = 13
PROMPT = [5, 9, 4]


def model(cell="lstm", **settings):
    keras.utils.set_random_seed(1)
    made = language_model(SIZE, embedding_dimension=6, cell=cell, units=10, **settings)
    # Weights as drawn prefer hardly any token to another: sharpen them.
    made.set_weights([3 * weight for weight in made.get_weights()])
    return made


@pytest.fixture(scope="module")
def generator():
    return Generator(model(num_layers=2, dropout_rate=0.3))


@pytest.mark.parametrize("cell", ["simple_rnn", "lstm", "gru"])
def test_it_writes_what_feeding_the_whole_text_writes(cell):
    generator = Generator(model(cell))
    for prompt in (PROMPT, [7], [4, 4, 11, 6]):
        found = generator.tokens(prompt, 12, temperature=0)
        assert (
            found.tolist() == generator.generate_without_cache(prompt, 12, temperature=0).tolist()
        )


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_model_trained_in_half_precision_writes(cell):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        generator = Generator(model(cell))
    finally:
        keras.config.set_dtype_policy(before)
    found = generator.tokens(PROMPT, 12, temperature=0)
    assert len(found) == 12 and set(found) <= set(range(SIZE))


@pytest.mark.parametrize(
    "options", [{"temperature": 0.8}, {"temperature": 1.5, "top_k": 3}], ids=str
)
def test_it_draws_what_feeding_the_whole_text_draws(generator, options):
    found = generator.tokens(PROMPT, 20, seed=3, **options)
    assert (
        found.tolist() == generator.generate_without_cache(PROMPT, 20, seed=3, **options).tolist()
    )


def test_a_seed_repeats_and_another_does_not(generator):
    length = 2 * STEPS + 5
    one, same, other = (generator.tokens(PROMPT, length, seed=seed).tolist() for seed in (1, 1, 2))
    assert one == same != other and len(one) == length
    assert not {PADDING, UNKNOWN, START} & {*one, *other}
    assert generator.tokens(PROMPT, STEPS, seed=1).tolist() == one[:STEPS]


def test_one_of_the_likeliest_is_the_likeliest(generator):
    assert (
        generator.tokens(PROMPT, 9, top_k=1).tolist()
        == generator.tokens(PROMPT, 9, temperature=0).tolist()
    )


def test_draws_follow_the_probabilities():
    made = model()
    outputs = keras.ops.convert_to_numpy(made(np.array([PROMPT])))[0, -1]
    allowed = outputs * ~np.isin(np.arange(SIZE), [PADDING, UNKNOWN, START])
    generator = Generator(made)
    drawn = [int(generator.tokens(PROMPT, 1, seed=seed)[0]) for seed in range(400)]
    shares = np.bincount(drawn, minlength=SIZE) / len(drawn)
    assert np.abs(shares - allowed / allowed.sum()).max() < 0.09


def test_a_model_that_reads_backwards_is_refused():
    inputs = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(5, 3)(inputs)
    x = keras.layers.Bidirectional(keras.layers.GRU(3, return_sequences=True))(x)
    with pytest.raises(UserError, match="cannot be taken step by step"):
        Generator(keras.Model(inputs, x))


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
    "option", [{"length": 0}, {"temperature": -1.0}, {"top_k": 0}, {"seed": -1}], ids=str
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
