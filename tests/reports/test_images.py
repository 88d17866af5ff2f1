"""Images of every range become what can be drawn."""

import numpy as np
import pytest

from kerasrecipes.reports.images import displayable


@pytest.mark.parametrize(
    ("array", "shape", "low", "high"),
    [
        (np.array([[[[0], [255]]]], np.uint8), (1, 1, 2), 0, 1),
        (np.array([[[[0.0], [0.5]]]]), (1, 1, 2), 0, 0.5),
        (np.array([[[[0.0], [255.0]]]]), (1, 1, 2), 0, 1),
        (np.array([[[[-1.0], [1.0]]]]), (1, 1, 2), 0, 1),
        (np.zeros((1, 9, 9, 3)), (1, 9, 9, 3), 0, 0),
        (np.zeros((1, 9, 9, 4)), (1, 9, 9, 3), 0, 0),
        (np.zeros((1, 9, 9, 2)), (1, 9, 9), 0, 0),
        (np.zeros((1, 9, 9)), (1, 9, 9), 0, 0),
        (np.full((1, 2, 2, 1), np.nan), (1, 2, 2), 0, 0),
    ],
)
def test_values_are_scaled_and_channels_chosen(array, shape, low, high):
    drawn = displayable(array)
    assert drawn.shape == shape
    assert (drawn.min(), drawn.max()) == (low, high)


def test_it_finds_the_images_among_several_inputs():
    assert displayable({"age": np.zeros((3, 1)), "photo": np.ones((3, 8, 8, 3))}).shape == (
        3,
        8,
        8,
        3,
    )
    assert displayable((np.zeros((3, 5)),)) is None
