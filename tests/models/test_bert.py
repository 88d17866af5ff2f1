"""BERT base by its parameters, and a small one that reads both sides and hands its encoder on."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.bert import bert, encoder_of, masked_language_model, set_weights

SMALL = {"units": 12, "num_layers": 2, "num_heads": 2}
X = np.random.default_rng(0).integers(5, 20, (2, 9))


def outputs(model, x=X):
    return keras.tree.map_structure(keras.ops.convert_to_numpy, model(x))


def test_with_the_sizes_of_bert_base_it_has_its_parameters():
    embeddings, norm = (30_522 + 512 + 2) * 768, 2 * 768
    block = 4 * (768**2 + 768) + 8 * 768**2 + 5 * 768 + 2 * norm
    assert embeddings + norm + 12 * block + 768**2 + 768 == 109_482_240
    one = bert(30_522, 512, num_layers=1)
    # Blocks are alike, so one of them tells the others' parameters, in less memory.
    assert one.count_params() + 11 * one.get_layer("block_1").count_params() == 109_482_240


@pytest.mark.slow
def test_whole_it_has_them_too():
    assert bert(30_522, 512).count_params() == 109_482_240


def test_a_token_sees_both_sides_and_no_padding(tmp_path):
    model = bert(20, 12, **SMALL)
    found = outputs(model)
    assert found["tokens"].shape == (2, 9, 12) and found["text"].shape == (2, 12)
    for place in (0, 8):
        other = np.where(np.arange(9) == place, 5 + (X - 4) % 15, X)
        assert np.abs(outputs(model, other)["tokens"][:, 4] - found["tokens"][:, 4]).max() > 1e-5
    padded = outputs(model, np.pad(X, [(0, 0), (0, 3)]))
    np.testing.assert_allclose(padded["tokens"][:, :9], found["tokens"], atol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(outputs(again)["text"], found["text"], atol=1e-6)


def test_its_encoder_is_handed_on():
    learned = masked_language_model(20, 12, **SMALL)
    np.testing.assert_allclose(outputs(learned).sum(axis=-1), 1, atol=1e-5)
    encoder, other = encoder_of(learned), bert(20, 12, **SMALL)
    assert encoder.sizes["num_layers"] == 2 and encoder.sizes["hidden_units"] == 48
    set_weights(other, encoder)
    expected = keras.Model(learned.input, learned.get_layer("block_2").output)
    np.testing.assert_allclose(outputs(other)["tokens"], outputs(expected), atol=1e-6)


def test_another_models_encoder_is_refused():
    encoder = encoder_of(masked_language_model(20, 12, **SMALL))
    with pytest.raises(UserError, match=r"embedding/tokens/embeddings is \(20, 12\), expected"):
        set_weights(bert(21, 12, **SMALL), encoder)
    inputs = keras.Input((3,))
    with pytest.raises(UserError, match="no encoder of the recipe bert"):
        encoder_of(keras.Model(inputs, keras.layers.Dense(2)(inputs)))
