"""The decoder: steps are rows of all steps, padding changes nothing, and what its settings do."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.losses.sequence import SequenceCrossentropy
from kerasrecipes.models.seq2seq import seq2seq

RANDOM = np.random.default_rng(0)
SMALL = {"units": 8, "embedding_dimension": 6}
KINDS = (
    {},
    {"score": "additive", "bidirectional": True, "attention_units": 5},
    {"score": "dot", "cell": "gru", "num_layers": 2, "tied_embeddings": True},
    {"score": "general", "num_layers": 2},
)


def batch(rows=3, source=7, target=5):
    x = {
        "source": RANDOM.integers(4, 20, (rows, source)),
        "target": RANDOM.integers(4, 15, (rows, target)),
    }
    return {name: value.astype("int32") for name, value in x.items()}


@pytest.mark.parametrize("settings", KINDS)
def test_steps_with_carried_state_are_the_whole_pass(settings):
    model, x = seq2seq(20, 15, **SMALL, **settings), batch()
    expected = ops.convert_to_numpy(model(x, training=False))
    decoder = model.get_layer("decoder")
    encoded = keras.Model(model.get_layer("source").output, decoder.input[1:])(x["source"])
    fixed, state = decoder.start(*(encoded if isinstance(encoded, (list, tuple)) else [encoded]))
    for place in range(x["target"].shape[1]):
        logits, state = decoder.step(x["target"][:, place], state, fixed)
        np.testing.assert_allclose(ops.convert_to_numpy(logits), expected[:, place], atol=1e-4)


@pytest.mark.parametrize("settings", KINDS)
def test_padding_of_either_side_changes_no_answer(settings):
    model, x = seq2seq(20, 15, **SMALL, **settings), batch()
    longer = {name: np.pad(value, [(0, 0), (0, 9)]) for name, value in x.items()}
    answers, padded = (ops.convert_to_numpy(model(given, training=False)) for given in (x, longer))
    np.testing.assert_allclose(answers, padded[:, :5], atol=1e-5)


@pytest.mark.parametrize("settings", KINDS[:3])
def test_an_empty_source_is_answered_with_numbers(settings):
    x = batch()
    x["source"][1] = 0
    assert np.isfinite(
        ops.convert_to_numpy(seq2seq(20, 15, **SMALL, **settings)(x, training=False))
    ).all()


def test_it_is_saved_and_loaded_in_safe_mode(tmp_path):
    model, x = seq2seq(20, 15, **SMALL, **KINDS[2], teacher_forcing_rate=0.5), batch()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(
        *(ops.convert_to_numpy(m(x, training=False)) for m in (model, again)), atol=1e-6
    )
    assert again.get_layer("decoder").teacher_forcing_rate == 0.5


def test_tied_embeddings_save_a_kernel():
    free, tied = (
        seq2seq(20, 15, **SMALL, tied_embeddings=tied).count_params() for tied in (False, True)
    )
    assert free - tied == 15 * 6


def test_without_teacher_forcing_it_hears_itself():
    keras.utils.set_random_seed(0)
    model, x = seq2seq(20, 15, **SMALL, teacher_forcing_rate=0.0), batch()
    decoder = model.get_layer("decoder")
    said = ops.convert_to_numpy(model(x, training=False)).argmax(axis=-1)
    heard = np.concatenate([x["target"][:, :1], said[:, :-1]], axis=1)
    expected = ops.convert_to_numpy(model({**x, "target": heard}, training=False))
    np.testing.assert_allclose(ops.convert_to_numpy(model(x, training=True)), expected, atol=1e-5)
    decoder.teacher_forcing_rate = 1.0
    taught = ops.convert_to_numpy(model(x, training=True))
    np.testing.assert_allclose(taught, ops.convert_to_numpy(model(x, training=False)), atol=1e-5)


@pytest.mark.parametrize("settings", KINDS[:3])
def test_half_precision_trains_and_answers(settings):
    with_policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(with_policy)
    try:
        model, x = seq2seq(20, 15, **SMALL, **settings), batch()
    finally:
        keras.config.set_dtype_policy(before)
    model.compile("sgd", SequenceCrossentropy(0.1))
    loss = model.train_on_batch(x, x["target"])
    assert np.isfinite(float(loss)) and model.output.dtype == "float32"
    decoder = model.get_layer("decoder")
    encoded = keras.Model(model.get_layer("source").output, decoder.input[1:])(x["source"])
    fixed, state = decoder.start(*(encoded if isinstance(encoded, (list, tuple)) else [encoded]))
    kinds = [part.dtype for part in keras.tree.flatten(state)]
    logits, state = decoder.step(x["target"][:, 0], state, fixed)
    assert [part.dtype for part in keras.tree.flatten(state)] == kinds
    expected = ops.convert_to_numpy(model(x, training=False))[:, 0]
    np.testing.assert_allclose(ops.convert_to_numpy(logits), expected, atol=0.05)
