"""Layers learn at rates of their own: steps and decay are those of the smaller rate."""

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes.training import layer_rates
from kerasrecipes.training.optimizers import make_optimizer
from kerasrecipes.training_settings import Training

X = np.random.default_rng(0).normal(size=(16, 5)).astype(np.float32)
Y = X.sum(axis=1, keepdims=True)


def trained(steps, rate=0.01, factors=(), only=None, **settings):
    """Weights of each layer after some steps; `only` one layer learns."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, name="low"), layers.Dense(1, name="high")]
    )
    for layer in model.layers:
        layer.trainable = only in (None, layer.name)
    training = Training(learning_rate=rate, **settings)
    optimizer = make_optimizer(training)
    if factors:
        layer_rates.scale(optimizer, model, factors)
    model.compile(optimizer, "mse", jit_compile=False)
    model.fit(X, Y, batch_size=16, epochs=steps, shuffle=False, verbose=0)
    return {layer.name: layer.get_weights() for layer in model.layers}


@pytest.mark.parametrize(
    "settings",
    [{"optimizer": "sgd"}, {"optimizer": "adam"}, {"optimizer": "adamw", "weight_decay": 3.0}],
    ids=str,
)
@pytest.mark.slow
def test_a_layer_alone_learns_as_at_its_own_rate(settings):
    """Adam forgets a factor of the gradient; a factor of its rate it does not."""
    found = trained(4, 0.01, {"low": 0.25}, only="low", **settings)
    expected = trained(4, 0.0025, only="low", **settings)
    other = trained(4, 0.01, only="low", **settings)
    for one, two, three in zip(found["low"], expected["low"], other["low"], strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
        assert np.abs(one - three).max() > 1e-3


def test_a_layer_that_is_not_named_keeps_the_rate():
    found = trained(1, factors={"low": 0.0}, optimizer="adamw", weight_decay=0.1)
    plain = trained(1, optimizer="adamw", weight_decay=0.1)
    start = trained(1, rate=1e-30, optimizer="sgd")
    for one, two in zip(found["high"], plain["high"], strict=True):
        np.testing.assert_allclose(one, two, atol=1e-7)
    np.testing.assert_array_equal(found["low"][0], start["low"][0])
