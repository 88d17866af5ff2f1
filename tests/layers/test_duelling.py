import keras
import numpy as np

from kerasrecipes.layers.duelling import DuellingValues


def test_advantages_cannot_be_shifted_against_the_value():
    random = np.random.default_rng(0)
    value, advantages = random.normal(size=(4, 1)), random.normal(size=(4, 3))
    layer = DuellingValues()
    found = keras.ops.convert_to_numpy(layer([value, advantages]))
    np.testing.assert_allclose(found.mean(axis=1, keepdims=True), value, rtol=1e-5)
    shifted = keras.ops.convert_to_numpy(layer([value, advantages + 7]))
    np.testing.assert_allclose(found, shifted, atol=1e-5)
    assert layer.compute_output_shape([(None, 1), (None, 3)]) == (None, 3)
