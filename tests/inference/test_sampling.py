"""Text is continued with carried state, as feeding it all again at each token would continue it."""

import keras
import numpy as np
import pytest

from kerasrecipes.data.text.tokenizer import PADDING, START, UNKNOWN
from kerasrecipes.errors import UserError
from kerasrecipes.inference.sampling import STEPS, Generator
from kerasrecipes.models.gpt import gpt
from kerasrecipes.models.rnn_language_model import language_model

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


@pytest.mark.parametrize("positions", ["learned", "sinusoidal", "rotary"])
def test_a_transformer_writes_what_feeding_its_tokens_writes(positions):
    keras.utils.set_random_seed(1)
    made = gpt(SIZE, 8, units=8, num_layers=1, num_heads=2, positions=positions, dropout_rate=0.3)
    made.set_weights([3 * weight for weight in made.get_weights()])
    generator = Generator(made)
    assert generator.context == 8
    # Over the end of what it looks back at, and with a prompt that is longer than that.
    for prompt, length in ((PROMPT, 14), ([*PROMPT, 7] * 3, 3)):
        found = generator.tokens(prompt, length, seed=2)
        expected = generator.generate_without_cache(prompt, length, seed=2)
        assert found.tolist() == expected.tolist()


@pytest.mark.parametrize("top_p", [0.3, 0.9])
def test_drawn_are_the_most_probable_that_suffice(generator, top_p):
    made = generator.model
    shares = keras.ops.convert_to_numpy(made(np.array([PROMPT])))[0, -1].astype(float)
    shares[[PADDING, UNKNOWN, START]] = 0
    order = np.argsort(-shares)
    # As many as together reach the share of what may be drawn at all.
    count = 1 + int(np.searchsorted(np.cumsum(shares[order]) / shares.sum(), top_p))
    drawn = {int(generator.tokens(PROMPT, 1, seed=n, top_p=top_p)[0]) for n in range(30)}
    assert drawn <= set(order[:count].tolist())
    assert len(drawn) > 1 or count == 1


def test_repetition_costs(generator):
    plain = generator.tokens(PROMPT, 24, temperature=0).tolist()
    options = {"temperature": 0, "repetition_penalty": 100.0}
    varied = generator.tokens(PROMPT, 8, **options).tolist()
    assert len(set(plain)) < len(plain)
    # Each token that was not there yet goes before all that were.
    fresh = set(range(SIZE)) - {*PROMPT, PADDING, UNKNOWN, START}
    assert set(varied[: len(fresh)]) == fresh or len(set(varied)) == len(varied)
    assert varied == generator.generate_without_cache(PROMPT, 8, **options).tolist()


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
    with pytest.raises(UserError, match="cannot be run step by step"):
        Generator(keras.Model(inputs, x))
