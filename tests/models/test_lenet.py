"""LeNet-5 is the published network."""

import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.lenet import lenet5


def test_the_layers_have_the_published_shapes_and_parameters():
    model = lenet5((32, 32, 1), 10)
    assert model.count_params() == 61_706
    parameters = {
        layer.name: layer.count_params() for layer in model.layers if layer.count_params()
    }
    assert parameters == {"c1": 156, "c3": 2_416, "c5": 48_120, "f6": 10_164, "class": 850}
    shapes = {
        name: tuple(model.get_layer(name).output.shape[1:])
        for name in ("c1", "s2", "c3", "s4", "c5", "f6")
    }
    assert shapes == {
        "c1": (28, 28, 6),
        "s2": (14, 14, 6),
        "c3": (10, 10, 16),
        "s4": (5, 5, 16),
        "c5": (120,),
        "f6": (84,),
    }


def test_it_adapts_to_classes_and_channels():
    outputs = lenet5((48, 40, 3), 4, activation="relu", pooling="max")(np.zeros((2, 48, 40, 3)))
    assert outputs.shape == (2, 4)
    np.testing.assert_allclose(np.sum(outputs, axis=-1), 1, rtol=1e-5)


def test_images_that_are_too_small_are_refused():
    with pytest.raises(UserError, match="at least 32 x 32"):
        lenet5((28, 28, 1), 10)
