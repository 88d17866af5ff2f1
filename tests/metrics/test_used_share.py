"""The share of a code that differs from image to image."""

import numpy as np
import pytest

from kerasrecipes.metrics.used_share import used_share


@pytest.mark.parametrize("used", [0, 1, 5, 8])
def test_dimensions_count_that_vary(used):
    random = np.random.default_rng(used)
    codes = np.tile(random.normal(size=8), (64, 1)).astype("float32")
    codes[:, :used] = random.normal(size=(64, used))
    assert float(used_share(codes)) == used / 8
    # In any unit, where codes have none of their own.
    for unit in (1e-4, 1.0, 1e4):
        assert float(used_share(unit * codes, relative=True)) == pytest.approx(used / 8)


def test_a_single_code_tells_nothing():
    assert float(used_share(np.ones((1, 4), "float32"))) == 1
