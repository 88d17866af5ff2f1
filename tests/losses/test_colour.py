"""The loss of a choice from a palette."""

import keras
import numpy as np
import pytest

from kerasrecipes.losses.colour import PaletteCrossentropy

RANDOM = np.random.default_rng(0)


def test_it_is_the_weighted_cross_entropy_of_spread_colours():
    palette, weights = RANDOM.normal(size=(5, 2)), RANDOM.random(5) + 0.5
    truth = RANDOM.normal(size=(2, 3, 4, 2)).astype(np.float32)
    chances = RANDOM.random((2, 3, 4, 5)).astype(np.float32)
    chances /= chances.sum(axis=-1, keepdims=True)
    loss = PaletteCrossentropy(palette, weights, spread=0.4)
    distance = ((truth[..., None, :] - palette) ** 2).sum(axis=-1)
    target = np.exp(-distance / (2 * 0.4**2))
    target /= target.sum(axis=-1, keepdims=True)
    expected = -weights[distance.argmin(axis=-1)] * (target * np.log(chances)).sum(axis=-1)
    assert float(loss(truth, chances)) == pytest.approx(expected.mean(), rel=1e-5)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert float(again(truth, chances)) == pytest.approx(expected.mean(), rel=1e-5)
