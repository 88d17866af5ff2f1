"""Adapters begin as nothing, learn alone, and are added to the matrices they stand beside."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.models import adapters
from kerasrecipes.models.gpt import gpt

SMALL = {"units": 12, "num_layers": 1, "num_heads": 2}
X = np.random.default_rng(0).integers(4, 20, (4, 9))


def outputs(model):
    return keras.ops.convert_to_numpy(model(X))


def trained(rank=2, **settings):
    model = gpt(20, 9, **SMALL, **settings)
    before, weights = outputs(model), model.get_weights()
    adapters.adapt(model, rank)
    np.testing.assert_array_equal(outputs(model), before)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(X, X, epochs=3, verbose=0)
    return model, before, weights


@pytest.mark.parametrize("tied", [True, False])
def test_only_they_learn_and_they_can_be_merged(tied, tmp_path):
    model, before, weights = trained(tied_embeddings=tied, positions="rotary")
    assert all(weight.name.startswith("lora_") for weight in model.trainable_weights)
    own = [weight for weight in model.weights if not weight.name.startswith("lora_")]
    for weight, value in zip(own, weights, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), value)
    after = outputs(model)
    assert np.abs(after - before).max() > 1e-4
    plain = adapters.merged(model)
    assert not adapters.is_adapted(plain) and plain.count_params() == sum(w.size for w in weights)
    np.testing.assert_allclose(outputs(plain), after, atol=1e-6)
    plain.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert not adapters.is_adapted(loaded)
    np.testing.assert_allclose(outputs(loaded), after, atol=1e-6)


def test_a_model_without_them_is_left_as_it_is():
    model = gpt(20, 9, **SMALL)
    assert adapters.merged(model) is model


def test_their_number_is_told():
    model = keras.Sequential([keras.Input((10,)), layers.Dense(40, name="hidden")])
    adapters.adapt(model, 2)
    # (10 + 40) · 2 beside 10 · 40 + 40.
    assert "100 weights beside 440" in adapters.note(model) and "18.5%" in adapters.note(model)


@pytest.mark.parametrize("rank", [12, 13, 400])
def test_a_rank_as_large_as_a_matrix_is_refused(rank):
    with pytest.raises(UserError, match=rf"adapter_rank={rank}: .*12 wide.*below 12"):
        adapters.adapt(gpt(20, 9, **SMALL), rank)


def test_a_model_without_matrices_is_refused():
    model = keras.Sequential([keras.Input((10, 3)), layers.LayerNormalization()])
    with pytest.raises(UserError, match="neither dense layers nor embeddings"):
        adapters.adapt(model, 2)
