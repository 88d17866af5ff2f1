import keras
import numpy as np
import pytest

from kerasrecipes.layers.window_scaling import WindowScale, WindowUnscale


@pytest.mark.parametrize("normalization", ["window", "last", "none"])
def test_what_is_scaled_is_brought_back(normalization):
    past = np.random.default_rng(0).normal(5, 3, (4, 10)).astype("float32")
    x, centre, spread = WindowScale(normalization)(past)
    again = WindowUnscale()([keras.ops.expand_dims(x, -1), centre, spread])
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(again)[..., 0], past, rtol=1e-4, atol=1e-4
    )
    values = keras.ops.convert_to_numpy(x)
    if normalization == "window":
        assert np.abs(values.mean(axis=1)).max() < 1e-4
    elif normalization == "last":
        assert (values[:, -1] == 0).all()
