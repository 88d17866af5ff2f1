"""Logits of tokens become probabilities, each by its own bias."""

import keras
import numpy as np

from kerasrecipes.layers.masked_language import TokenProbabilities


def test_a_bias_moves_its_token_alone():
    layer = TokenProbabilities()
    logits = np.zeros((2, 3, 4), np.float32)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(logits)), 0.25, atol=1e-6)
    layer.bias.assign([np.log(3.0), 0, 0, 0])
    found = keras.ops.convert_to_numpy(layer(logits))
    np.testing.assert_allclose(found[1, 2], [0.5, 1 / 6, 1 / 6, 1 / 6], atol=1e-6)
