"""What stands between two tokens, by counts."""

import numpy as np

from kerasrecipes.data.text.neighbours import Neighbours
from kerasrecipes.data.text.wordpieces import MASK

# 5 6 7 often, 8 6 9 sometimes.
WINDOWS = np.array([[2, 5, 6, 7, 5, 6, 7, 3], [2, 8, 9, 7, 5, 6, 7, 3]])


def test_the_token_between_is_found():
    counted = Neighbours.count(WINDOWS, 10)
    assert counted.probabilities(5, 7).argmax() == 6
    assert counted.probabilities(8, 7).argmax() == 9
    # Of hidden neighbours nothing is known, and by one alone something.
    assert counted.probabilities(MASK, MASK).argmax() == 7
    assert counted.probabilities(8, MASK).argmax() == 9
    assert counted.probabilities(MASK, 9).argmax() == 8


def test_they_are_probabilities_of_tokens_that_can_be_hidden():
    counted = Neighbours.count(WINDOWS, 10)
    for left in range(10):
        for right in range(10):
            found = counted.probabilities(left, right)
            assert abs(found.sum() - 1) < 1e-6 and (found[: MASK + 1] == 0).all()
            assert (found[MASK + 1 :] > 0).all()
