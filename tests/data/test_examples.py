"""Examples: arrays of equal length, from which a sample is drawn."""

import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.errors import UserError


def test_arrays_of_different_length_are_refused():
    with pytest.raises(UserError, match="equally many"):
        Arrays(np.zeros(3), np.zeros(4))


def test_a_sample_is_drawn_in_order_by_the_seed():
    examples = Arrays(np.arange(20), np.arange(20))
    drawn = examples.sample(5, seed=1).x
    assert len(drawn) == 5 and (np.diff(drawn) > 0).all()
    assert (drawn == examples.sample(5, seed=1).x).all()
    assert examples.sample(20, seed=1) is examples
