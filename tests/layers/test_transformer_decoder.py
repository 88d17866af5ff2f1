"""The decoder: searches with a cache find what searches without one find, whatever the padding."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.data.text.tokenizer import END, PADDING, START
from kerasrecipes.inference import beam_search
from kerasrecipes.inference.sequence_generation import SequenceGenerator
from kerasrecipes.losses.sequence import SequenceCrossentropy
from kerasrecipes.models.transformer import transformer

RANDOM = np.random.default_rng(0)
SMALL = {"units": 8, "num_layers": 2, "num_heads": 2}
KINDS = ({}, {"norm": "pre", "positions": "rotary", "tied_embeddings": False})
LENGTH = 9


def sharp(**settings):
    """A model of random weights, so large that it prefers some tokens to others."""
    model, random = transformer(20, 15, **SMALL, **settings), np.random.default_rng(2)
    for weight in model.weights:
        if len(weight.shape) > 1:  # kernels; biases and normalizations stay as they begin
            weight.assign(random.normal(size=weight.shape))
    return model


def batch(rows=3, source=7, target=5):
    x = {
        "source": RANDOM.integers(4, 20, (rows, source)),
        "target": RANDOM.integers(4, 15, (rows, target)),
    }
    return {name: value.astype("int32") for name, value in x.items()}


def without_cache(model, source, num_beams):
    """The search with a step that computes all tokens anew; the state is what was read."""
    rows = len(source)
    state = {
        "source": ops.repeat(ops.convert_to_tensor(source), num_beams, axis=0),
        "target": ops.zeros((rows * num_beams, LENGTH), "int32"),
        "index": ops.zeros((rows * num_beams,), "int32"),
    }

    def step(tokens, state):
        here = ops.equal(ops.arange(LENGTH), state["index"][:, None])
        target = ops.where(here, tokens[:, None], state["target"])
        logits = model({"source": state["source"], "target": target}, training=False)
        here = ops.cast(here, logits.dtype)[..., None]
        after = {**state, "target": target, "index": state["index"] + 1}
        return ops.sum(logits * here, axis=1), after

    return ops.convert_to_numpy(beam_search.search(step, state, rows, LENGTH, num_beams)[0])


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_steps_with_a_cache_are_the_whole_pass(settings):
    model, x = sharp(**settings), batch()
    x["source"][1, 4:] = PADDING
    expected = ops.convert_to_numpy(model(x, training=False))
    decoder = model.get_layer("decoder")
    encoded = keras.Model(model.get_layer("source").output, decoder.input[1:])(x["source"])
    fixed, state = decoder.start(*encoded, max_length=LENGTH)
    for place in range(x["target"].shape[1]):
        logits, state = decoder.step(x["target"][:, place], state, fixed)
        np.testing.assert_allclose(ops.convert_to_numpy(logits), expected[:, place], atol=1e-3)
    other = model({**x, "source": x["source"][::-1].copy()}, training=False)
    assert np.abs(ops.convert_to_numpy(other) - expected)[:, 0].max() > 0.1  # the source matters


@pytest.mark.parametrize("num_beams", [pytest.param(1, marks=pytest.mark.slow), 3])
@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_a_search_with_a_cache_finds_what_recomputing_all_finds(settings, num_beams):
    model, source = sharp(**settings), batch()["source"]
    source[1, 4:] = PADDING
    found = SequenceGenerator(model, "source")(source, LENGTH, num_beams, 0.6)
    expected = without_cache(model, source, num_beams)
    for row, tokens in zip(expected, found, strict=True):
        ends = np.flatnonzero((row == END) | (row == PADDING))
        assert tokens.tolist() == (row[: ends[0]] if len(ends) else row).tolist()


@pytest.mark.parametrize("settings", KINDS, ids=str)
def test_alignments_are_shares_of_the_source(settings):
    model, source = sharp(**settings), np.pad(batch(rows=1)["source"], [(0, 0), (0, 4)])
    weights = SequenceGenerator(model, "source").attention(source, np.array([5, 6]))
    assert weights.shape == (3, 11) and not weights[:, 7:].any()
    np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_it_is_saved_and_loaded_in_safe_mode(tmp_path):
    model, x = sharp(**KINDS[1]), batch()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(
        *(ops.convert_to_numpy(m(x, training=False)) for m in (model, again)), atol=1e-6
    )


def test_half_precision_trains_and_answers():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = transformer(20, 15, **SMALL)
    finally:
        keras.config.set_dtype_policy(before)
    x = batch()
    model.compile("sgd", SequenceCrossentropy(0.1))
    assert np.isfinite(float(model.train_on_batch(x, x["target"])))
    assert model.output.dtype == "float32"
    found = SequenceGenerator(model, "source")(x["source"], LENGTH, 2, 0.6)
    assert len(found) == 3 and all(START not in tokens for tokens in found)
