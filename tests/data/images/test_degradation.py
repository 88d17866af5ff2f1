"""What is done to images, and brightness apart from colour."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.images.colour_spaces import from_ycbcr, to_ycbcr
from kerasrecipes.data.images.degradation import Degradation, enlarged

RANDOM = np.random.default_rng(0)
PLANE = np.kron(RANDOM.integers(40, 200, (8, 10)), np.ones((8, 8))).astype(np.uint8)


@pytest.mark.parametrize(
    ("kind", "strength"),
    [("noise", 25.0), ("blur", 1.6), ("jpeg", 10), ("masking", 0.4), ("reduction", 3)],
)
def test_each_kind_costs_what_it_says(kind, strength):
    degradation = Degradation(kind=kind, strength=strength)
    whole = degradation.cropped(PLANE)
    found = degradation.drawn(degradation.fixed(whole), np.random.default_rng(1))
    assert found.dtype == np.uint8
    assert found.shape == tuple(side // degradation.scale for side in whole.shape)
    if kind == "noise":
        assert (found.astype(float) - whole).std() == pytest.approx(25, rel=0.1)
    elif kind == "masking":
        assert (found == 0).mean() == pytest.approx(0.4, abs=0.05)
        assert (found[found > 0] == whole[found > 0]).all()
    else:
        back = enlarged(found, degradation.scale)
        assert 2 < np.abs(back.astype(float) - whole).mean() < 40
    again = degradation.drawn(degradation.fixed(whole), np.random.default_rng(1))
    np.testing.assert_array_equal(found, again)


def test_brightness_and_colour_come_back_within_a_level_or_two():
    image = RANDOM.integers(0, 256, (30, 40, 3), np.uint8)
    planes = to_ycbcr(image)
    assert planes[..., 0].min() >= 16 and planes[..., 0].max() <= 235
    assert np.abs(from_ycbcr(planes).astype(int) - image).max() <= 3
    white = to_ycbcr(np.full((1, 1, 3), 255, np.uint8))
    assert white.ravel().tolist() == [235, 128, 128]
    # Pillow's brightness, over all 256 levels, is the same but for its range.
    full = np.asarray(Image.fromarray(image).convert("L")).astype(float)
    assert np.abs(planes[..., 0] - (16 + full * 219 / 255)).max() <= 1.1
