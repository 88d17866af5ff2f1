"""The autoencoder: what its loss is made of, and what passes through it."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.layers.codes import Corruption, SparseCode
from kerasrecipes.models.autoencoder import autoencoder

IMAGES = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1), np.uint8)


def model_of(shape=(8, 8, 1), **settings):
    keras.utils.set_random_seed(0)
    return autoencoder(shape, **{"units": 16, "code": 4, "filters": 4, **settings})


def number(tensor):
    return float(ops.convert_to_numpy(tensor))


def test_it_has_as_many_parameters_as_its_products():
    hidden = 64 * 16 + 16 + 16 * 16 + 16
    back = 4 * 16 + 16 + 16 * 16 + 16 + 16 * 64 + 64
    assert model_of().count_params() == hidden + 16 * 4 + 4 + back


@pytest.mark.parametrize("sparsity", ["none", "l1", "kl"])
def test_the_loss_is_the_error_and_the_price_of_the_code(sparsity):
    model = model_of(sparsity=sparsity, sparsity_weight=0.1, sparsity_target=0.2)
    outputs = model(IMAGES, training=True)
    loss = number(model.compute_loss(IMAGES, y_pred=outputs))
    made, code = (ops.convert_to_numpy(outputs[name]) for name in ("image", "code"))
    error = ((made - IMAGES / 255) ** 2).mean()
    mean = np.clip(code.mean(axis=0), 1e-6, 1 - 1e-6)
    price = {
        "none": 0,
        "l1": np.abs(code).sum(axis=1).mean(),
        "kl": (0.2 * np.log(0.2 / mean) + 0.8 * np.log(0.8 / (1 - mean))).sum(),
    }[sparsity]
    assert loss == pytest.approx(error + 0.1 * price, rel=1e-4)
    assert number(model.psnr.result()) == pytest.approx(-10 * np.log10(error), rel=1e-4)


def test_mean_activations_as_wanted_cost_nothing():
    layer = SparseCode("kl", 1.0, 0.25)
    layer(np.float32([[0.5, 0.1], [0.0, 0.4]]))
    assert number(layer.losses[0]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("kind", "amount"), [("gaussian", 0.2), ("masking", 0.4)])
def test_images_are_spoilt_in_training_alone(kind, amount):
    keras.utils.set_random_seed(0)
    layer, white = Corruption(kind, amount), np.full((8, 30, 30, 3), 0.8, np.float32)
    np.testing.assert_array_equal(ops.convert_to_numpy(layer(white)), white)
    spoilt = ops.convert_to_numpy(layer(white, training=True))
    if kind == "gaussian":
        assert (spoilt - white).std() == pytest.approx(amount, rel=0.05)
    else:
        gone = (spoilt == 0).all(axis=-1)
        assert gone.mean() == pytest.approx(amount, rel=0.1)
        np.testing.assert_array_equal(spoilt[~gone], white[~gone])


def test_masking_all_pixels_or_none_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        model_of(corruption="masking", noise=1.5)


def test_a_saved_model_answers_alike(tmp_path):
    model = model_of((9, 14, 3), architecture="convolutional", sparsity="kl", corruption="gaussian")
    images = np.random.default_rng(0).integers(0, 256, (3, 9, 14, 3), np.uint8)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    one, other = model.predict_on_batch(images), loaded.predict_on_batch(images)
    assert one["image"].shape == images.shape
    np.testing.assert_allclose(one["image"], other["image"], rtol=1e-5, atol=1e-6)
    # The film of a training shows what is decoded, and the share of the code that is used.
    np.testing.assert_array_equal(model.snapshot_of(images), one["image"])
    model.compile("adam")
    logs = model.train_on_batch(images, return_dict=True)
    assert 0 < logs["used_share"] <= 1
