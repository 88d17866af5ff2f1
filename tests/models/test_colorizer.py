"""Colours come at half the size, as a colour or as chances of a palette."""

import numpy as np
import pytest

from kerasrecipes.models.colorizer import colorizer


@pytest.mark.parametrize(("method", "last"), [("regression", 2), ("classification", 7)])
def test_the_first_answer_is_grey_or_any_colour_alike(method, last):
    model = colorizer((16, 24, 1), 7, method=method, filters=2)
    found = np.asarray(model(np.full((2, 16, 24, 1), 90, "float32")))
    assert found.shape == (2, 8, 12, last)
    expected = 0 if method == "regression" else 1 / 7
    assert np.abs(found - expected).max() < 0.05
