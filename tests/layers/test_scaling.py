"""Layers that scale pixels: their numbers, and their names in a copy."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.scaling import MEANS, scaling_layer

WHITE = {
    "tf": [1, 1, 1],
    "torch": [(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225],
    "caffe": [255 - mean for mean in MEANS],
    "own": [255, 255, 255],
}


@pytest.mark.parametrize("kind", WHITE)
def test_white_is_scaled_and_the_copy_has_the_name(kind):
    layer = scaling_layer(kind, "scale")
    copy = type(layer).from_config(layer.get_config())
    assert copy.name == "scale"
    white = np.full((1, 2, 2, 3), 255, np.uint8)
    for one in (layer, copy):
        found = keras.ops.convert_to_numpy(one(white))[0, 1, 1]
        np.testing.assert_allclose(found, WHITE[kind], rtol=1e-5)
