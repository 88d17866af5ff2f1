"""The variational autoencoder: its bound is one, and its settings do what they say."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.models.vae import variational_autoencoder

RANDOM = np.random.default_rng(0)
INK = (RANDOM.random((24, 8, 8, 1)) < 0.3).astype("uint8") * 255


def model_of(shape=(8, 8, 1), **settings):
    keras.utils.set_random_seed(0)
    small = {"units": 16, "latent": 3, "filters": 4, **settings}
    return variational_autoencoder(shape, **small)


def loss_of(model, images=INK, training=False):
    return float(ops.convert_to_numpy(model.compute_loss(images, training=training)))


def test_it_has_as_many_parameters_as_its_products():
    inner = 64 * 16 + 16 + 16 * 16 + 16  # two dense layers on 64 pixels
    codes = 2 * (16 * 3 + 3)
    back = 3 * 16 + 16 + 16 * 16 + 16 + 16 * 64 + 64
    assert model_of().count_params() == inner + codes + back


def test_the_loss_is_the_negative_bound_summed_over_pixels_and_averaged_over_images():
    model = model_of()
    found = np.mean([loss_of(model) for _ in range(40)])
    weights = model.log_weights(INK, 200)
    assert found == pytest.approx(-weights.mean(), rel=0.01)
    # The importance-weighted bound is tighter for every image, and grows with the samples.
    log_mean = np.log(np.exp(weights - weights.max(1, keepdims=True)).mean(1)) + weights.max(1)
    assert (log_mean >= weights.mean(1)).all()


def test_free_bits_are_a_floor_and_beta_a_factor_of_the_divergence():
    plain, heavy = model_of(), model_of(beta=3.0)
    fit = float(ops.convert_to_numpy(plain.compute_loss(INK, training=False)))
    plain_parts = plain.divergence.result(), plain.reconstruction.result()
    assert fit == pytest.approx(float(sum(plain_parts)), rel=1e-5)
    tripled = loss_of(heavy)
    assert tripled == pytest.approx(
        3 * float(heavy.divergence.result()) + float(heavy.reconstruction.result()), rel=1e-5
    )
    free = model_of(free_bits=5.0)  # an untrained code is near the prior: every dimension is below
    assert loss_of(free) == pytest.approx(3 * 5.0 + float(free.reconstruction.result()), rel=1e-5)


def test_training_draws_grey_pixels_and_evaluation_takes_them_as_they_are():
    grey = np.full((64, 8, 8, 1), 127, np.uint8)
    model = model_of()
    loss_of(model, grey, training=True)
    drawn = float(model.reconstruction.result())
    # Untrained, each pixel has a chance of about a half: log 2, whatever it is.
    assert drawn == pytest.approx(64 * np.log(2), rel=0.05)


@pytest.mark.parametrize("shape", [(8, 8, 1), (13, 18, 3), (28, 28, 1), (5, 6, 3)])
def test_convolutions_come_back_to_the_size_of_the_image(shape):
    model = model_of(shape, architecture="convolutional")
    images = RANDOM.integers(0, 256, (2, *shape), np.uint8)
    outputs = model.predict_on_batch(images)
    assert outputs["image"].shape == images.shape and outputs["mean"].shape == (2, 3)
    assert np.isfinite(loss_of(model, images))


def test_a_saved_model_has_its_settings_and_answers_alike(tmp_path):
    model = model_of(beta=2.0, free_bits=0.1, likelihood="logistic")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.beta, loaded.free_bits, loaded.likelihood) == (2.0, 0.1, "logistic")
    for one, other in zip(
        model.predict_on_batch(INK).values(), loaded.predict_on_batch(INK).values(), strict=True
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(model.decode(np.ones((2, 3))), loaded.decode(np.ones((2, 3))))
