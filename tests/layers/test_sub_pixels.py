"""Channels that become pixels."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.sub_pixels import SubPixels


@pytest.mark.parametrize("scale", [2, 3])
def test_groups_of_channels_become_squares_of_pixels(scale):
    x = np.arange(2 * 3 * 4 * scale**2 * 2, dtype=np.float32).reshape(2, 3, 4, scale**2 * 2)
    found = keras.ops.convert_to_numpy(SubPixels(scale)(x))
    assert found.shape == (2, 3 * scale, 4 * scale, 2)
    square = found[1, scale : 2 * scale, 2 * scale : 3 * scale].reshape(-1)
    np.testing.assert_array_equal(square, x[1, 1, 2])
