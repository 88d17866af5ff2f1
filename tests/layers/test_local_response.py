"""Local response normalization is the paper's formula."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers.local_response import LocalResponseNormalization


def test_each_channel_is_divided_by_its_neighbours():
    x = np.random.default_rng(0).normal(0, 30, (2, 3, 7)).astype("float32")
    layer = LocalResponseNormalization(window=5, bias=2.0, alpha=1e-2, beta=0.75)
    expected = np.empty_like(x)
    for channel in range(7):
        around = x[..., max(0, channel - 2) : channel + 3]
        expected[..., channel] = x[..., channel] / (2 + 0.01 * (around**2).sum(-1)) ** 0.75
    np.testing.assert_allclose(keras.ops.convert_to_numpy(layer(x)), expected, rtol=1e-5)
    again = LocalResponseNormalization.from_config(layer.get_config())
    np.testing.assert_allclose(keras.ops.convert_to_numpy(again(x)), expected, rtol=1e-5)


def test_an_even_window_is_refused():
    with pytest.raises(UserError, match="odd"):
        LocalResponseNormalization(window=4)
