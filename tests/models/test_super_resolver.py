"""ESPCN has the paper's size, and super-resolution takes images of any."""

import numpy as np
import pytest

from kerasrecipes.models.super_resolver import super_resolver


def test_parameters_of_espcn_are_those_of_the_paper():
    weights = super_resolver(3, architecture="espcn").trainable_weights
    assert sum(int(np.prod(weight.shape)) for weight in weights) == 22_729


@pytest.mark.parametrize("scale", [2, 4])
def test_it_takes_images_of_any_size(scale):
    model = super_resolver(scale, filters=4, blocks=1)
    for rows, columns in ((5, 9), (8, 6)):
        found = model(np.zeros((1, rows, columns, 1), "float32"))
        assert tuple(found.shape) == (1, rows * scale, columns * scale, 1)
