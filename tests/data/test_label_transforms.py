"""One-hot labels."""

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.label_transforms import OneHot


def test_examples_that_are_decoded_later_get_one_hot_labels_too():
    class Later(Examples):
        def __len__(self):
            return 3

        def take(self, numbers):
            return np.zeros((len(numbers), 2)), np.array([2, 0, 1])[numbers]

        def select(self, numbers):
            return Arrays(np.zeros((len(numbers), 2)), np.array([2, 0, 1])[numbers])

    later = OneHot(Later(), 3)
    np.testing.assert_array_equal(later.take(np.array([0, 2]))[1], [[0, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(later.sample(1, seed=0).take(np.array([0]))[1].sum(), 1)
