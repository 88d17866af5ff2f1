"""Cutting a functional model in two, and making one of Keras's own layers."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers.recurrent import recurrent
from kerasrecipes.layers.word_embeddings import Embedding, WordDropout
from kerasrecipes.models import backbones
from kerasrecipes.models.autoencoder import autoencoder
from kerasrecipes.models.surgery import boundary, cut, own_classes, with_keras_layers
from kerasrecipes.models.transfer import transfer


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
