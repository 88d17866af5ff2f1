"""Cutting a functional model in two, and making one of Keras's own layers."""

import zipfile

import h5py
import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers.recurrent import recurrent
from kerasrecipes.layers.word_embeddings import Embedding, WordDropout
from kerasrecipes.models import backbones
from kerasrecipes.models.autoencoder import autoencoder
from kerasrecipes.models.surgery import (
    boundary,
    cut,
    own_classes,
    with_keras_layers,
    without_optimizer,
)
from kerasrecipes.models.transfer import transfer
from kerasrecipes.models.vae import variational_autoencoder


@pytest.mark.slow
def test_where_a_base_can_be_divided():
    model = transfer((32, 32, 3), 2, base="mobilenet_v2", weights="none", alpha=0.35)
    assert boundary(model, backbones.last_block(model, "mobilenet_v2")) == "block_15_add"
    with pytest.raises(UserError, match="connected around"):
        cut(model, "block_15_expand")
    low, high = cut(model, "block_15_add")
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    parts = high.predict(low.predict(images, verbose=0), verbose=0)
    np.testing.assert_allclose(parts, model.predict(images, verbose=0), rtol=1e-5)
    assert {id(v) for v in low.variables}.isdisjoint({id(v) for v in high.variables})


def test_a_text_model_becomes_one_of_keras_own_layers():
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    x = WordDropout(0.5, name="forget")(inputs)
    x = Embedding(20, 4, mask_zero=True, name="embedding")(x)
    x = recurrent("lstm", 3, return_sequences=True, bidirectional=True, name="both")(x)
    x = keras.models.Sequential([recurrent("gru", 3), keras.layers.Dense(2)], name="rest")(x)
    model = keras.Model(inputs, x)
    assert own_classes(model) == ["Embedding", "GRU", "LSTM", "WordDropout"]
    plain = with_keras_layers(model)
    assert own_classes(plain) == []
    tokens = np.array([[3, 4, 5, 0], [6, 7, 0, 0]], "int32")
    np.testing.assert_allclose(
        plain.predict(tokens, verbose=0), model.predict(tokens, verbose=0), atol=1e-6
    )
    # Another model, whose weights may be changed.
    plain.set_weights([weight * 0 for weight in plain.get_weights()])
    assert np.abs(model.predict(tokens, verbose=0)).max() > 0


def test_a_model_with_a_loss_of_its_own_becomes_a_plain_one():
    model = autoencoder((8, 8, 1), code=2, units=4, depth=1)
    assert own_classes(model) == ["Autoencoder"]
    plain = with_keras_layers(model)
    assert own_classes(plain) == []
    images = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 1)).astype("float32")
    own, other = (keras.tree.flatten(one.predict(images, verbose=0)) for one in (model, plain))
    for a, b in zip(own, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def entries_of(path):
    with zipfile.ZipFile(path) as archive, h5py.File(archive.open("model.weights.h5")) as file:
        return [*file]


def test_a_model_with_a_loss_of_its_own_is_saved_without_its_optimizer(tmp_path):
    model = variational_autoencoder((8, 8, 1), latent=3, units=8, depth=1)
    model.compile("adam")
    model.fit(np.zeros((4, 8, 8, 1), np.float32), batch_size=4, verbose=0)
    model.save(tmp_path / "whole.keras")
    assert "optimizer" in entries_of(tmp_path / "whole.keras")
    optimizer = model.optimizer
    with pytest.raises(OSError, match="full"), without_optimizer(model):
        raise OSError("the disk is full")
    with without_optimizer(model):
        model.save(tmp_path / "model.keras")
    assert model.optimizer is optimizer
    assert "optimizer" not in entries_of(tmp_path / "model.keras")
    found = keras.saving.load_model(tmp_path / "model.keras", compile=False)
    for one, same in zip(found.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
