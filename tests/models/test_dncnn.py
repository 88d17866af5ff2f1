"""DnCNN has the paper's size, and takes images of any."""

import numpy as np
import pytest

from kerasrecipes.models.dncnn import dncnn


def test_parameters_are_those_of_the_paper():
    weights = dncnn(1).trainable_weights
    # 3 × 3 convolutions of 64 filters; 15 of them without bias, with a scale and a shift each.
    expected = 640 + 15 * (9 * 64 * 64 + 2 * 64) + 9 * 64
    assert sum(int(np.prod(weight.shape)) for weight in weights) == expected == 556_096
    with pytest.raises(ValueError, match="depth=2"):
        dncnn(1, depth=2)


def test_it_takes_images_of_any_size():
    model = dncnn(1, depth=3, filters=4)
    for rows, columns in ((5, 9), (8, 6)):
        assert tuple(model(np.zeros((1, rows, columns, 1), "float32")).shape) == (
            1,
            rows,
            columns,
            1,
        )
