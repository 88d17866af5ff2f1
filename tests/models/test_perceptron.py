"""The perceptron: its initial weights; its loss has tests of its own."""

import numpy as np

from kerasrecipes.models.perceptron import perceptron


def test_the_perceptron_starts_from_zero():
    model = perceptron((3,))
    assert all(np.all(weight == 0) for weight in model.get_weights())
