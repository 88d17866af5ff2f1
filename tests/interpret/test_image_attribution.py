"""Occlusion and integrated gradients: they find what a known model looks at."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes.interpret.image_attribution import heat, integrated_gradients, occlusion


def corner_model(weight=0.01):
    """The score of class 1 is the sum of the upper left quarter of an 8 × 8 image."""
    inputs = keras.Input((8, 8, 1))
    outputs = layers.Dense(2, activation="softmax")(layers.Flatten()(inputs))
    model = keras.Model(inputs, outputs)
    weights = np.zeros((8, 8, 2), np.float32)
    weights[:4, :4, 1] = weight
    model.layers[-1].set_weights([weights.reshape(64, 2), np.zeros(2, np.float32)])
    return model


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(60, 255, (3, 8, 8, 1)).astype(np.float32)


def test_occlusion_finds_the_corner_that_decides(images):
    images[:, :4, :4] = 255  # so that the mean of the image is darker
    model = corner_model(0.0005)  # not so large that the softmax is 1 whatever is hidden
    found = occlusion(lambda x: model.predict(x, verbose=0), images, [1, 1, 1], patches=8)
    assert found.shape == (3, 8, 8) and found.max() == 1 and found.min() >= 0
    inside = found[:, :4, :4].mean()
    assert inside > 5 * found[:, 5:, 5:].mean()
    # What speaks against a class is no evidence for it.
    assert occlusion(lambda x: model.predict(x, verbose=0), images, [0, 0, 0]).max() <= 1


def test_integrated_gradients_sum_to_the_difference_of_the_scores(images):
    model = corner_model()
    found = integrated_gradients(model, images, [1, 1, 1])
    assert found.shape == (3, 8, 8) and not found[:, 4:, :].any()
    expected = 0.01 * images[:, :4, :4, 0].sum(axis=(1, 2))
    np.testing.assert_allclose(found.sum(axis=(1, 2)), expected, rtol=1e-4)
    hot = heat(found)
    assert hot.max() == 1 and hot.min() == 0


def test_a_curved_score_is_followed_closely(images):
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, activation="tanh")(layers.Rescaling(1 / 255)(inputs))
    outputs = layers.Dense(3, activation="softmax")(layers.Flatten()(x))
    model = keras.Model(inputs, outputs)
    found = integrated_gradients(model, images, [2, 0, 1], steps=64)
    logits = keras.Model(inputs, model.layers[-1].input)
    kernel, bias = model.layers[-1].get_weights()

    def score(x):
        return np.asarray(logits(x)) @ kernel + bias

    difference = score(images) - score(np.zeros_like(images))
    np.testing.assert_allclose(
        found.sum(axis=(1, 2)), difference[np.arange(3), [2, 0, 1]], rtol=2e-2, atol=1e-3
    )
