import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers.landmarks import ExpectedPlaces
from kerasrecipes.models.landmark_finder import landmark_finder


@pytest.mark.parametrize("shape", [(6, 10), (10, 6), (8, 8)])
def test_a_sharp_map_gives_the_middle_of_its_location(shape):
    maps = np.zeros((2, *shape, 3), np.float32)
    places = [(1, 2), (4, 0), (5, 3)]
    for point, (row, column) in enumerate(places):
        maps[:, row, column, point] = 60
    found = np.asarray(ExpectedPlaces()(maps))
    wanted = [[column + 0.5, row + 0.5] for row, column in places]
    np.testing.assert_allclose(found[0], np.array(wanted) / max(shape), atol=1e-4)
    # A flat map gives the middle of the image.
    flat = np.asarray(ExpectedPlaces()(np.zeros((1, *shape, 1), np.float32)))[0, 0]
    np.testing.assert_allclose(flat, np.array(shape[::-1]) / 2 / max(shape), atol=1e-5)


def test_its_outputs_are_points_and_sizes_are_checked():
    model = landmark_finder((32, 48, 1), 7, filters=4, levels=3)
    assert model.output_shape == (None, 7, 2)
    with pytest.raises(UserError, match="an image_size that is a multiple of 16, received 40 x 40"):
        landmark_finder((40, 40, 3), 7)
