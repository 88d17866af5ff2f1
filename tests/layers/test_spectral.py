"""Spectral normalization: after some steps the largest singular value is one."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.layers.spectral import SpectralConv2D, SpectralDense


def numbers(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


def test_no_vector_is_stretched_by_a_dense_layer():
    keras.utils.set_random_seed(0)
    layer = SpectralDense(7, use_bias=False, kernel_initializer="random_normal")
    layer.build((None, 12))
    layer.kernel.assign(30 * layer.kernel.value)
    before, still = numbers(layer.kernel), numbers(layer.norm.vector)
    layer(np.ones((1, 12), "float32"))
    np.testing.assert_array_equal(numbers(layer.norm.vector), still)
    for _ in range(60):
        layer(np.ones((1, 12), "float32"), training=True)
    effective = numbers(layer(np.eye(12, dtype="float32")))
    assert np.linalg.svd(effective)[1].max() == pytest.approx(1, rel=1e-3)
    # The weights themselves are the optimizer's alone.
    np.testing.assert_array_equal(numbers(layer.kernel), before)


def test_a_convolution_is_divided_likewise_and_saved(tmp_path):
    keras.utils.set_random_seed(0)
    image = keras.Input((8, 8, 3))
    layer = SpectralConv2D(5, 3, 2, "same", activation="relu", name="spectral")
    model = keras.Model(image, layer(image))
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    for _ in range(60):
        model(x, training=True)
    matrix = numbers(layer.kernel).reshape(-1, 5)
    plain = keras.layers.Conv2D(5, 3, 2, "same", activation="relu")
    plain.build((None, 8, 8, 3))
    plain.kernel.assign(layer.kernel.value / np.linalg.svd(matrix)[1].max())
    np.testing.assert_allclose(numbers(model(x)), numbers(plain(x)), rtol=1e-3, atol=1e-4)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(numbers(loaded(x)), numbers(model(x)), rtol=1e-6)
