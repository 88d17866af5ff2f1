"""Counted n-grams are probabilities, and know what was counted."""

import math

import numpy as np
import pytest

from kerasrecipes.inference.ngram_model import NgramModel


@pytest.mark.parametrize("order", [1, 2, 5])
def test_symbols_and_the_end_sum_to_1_after_every_context(order):
    random = np.random.default_rng(order)
    rows = [random.integers(1, 6, random.integers(0, 8)).tolist() for _ in range(20)]
    model = NgramModel(rows, 6, order)
    for _ in range(30):
        context = random.integers(1, 6, random.integers(0, 7)).tolist()
        total = sum(math.exp(model.log_probability(context, s)) for s in (None, 1, 2, 3, 4, 5))
        assert total == pytest.approx(1)


def test_what_was_counted_is_likelier():
    model = NgramModel([[1, 2, 3]] * 5 + [[3, 2, 1]] * 5, 4)
    assert model.log_probability([1, 2], 3) > model.log_probability([1, 2], 1) + 1
    assert model.log_probability([3, 2], 1) > model.log_probability([3, 2], 3) + 1
    assert model.log_probability([1, 2, 3], None) > math.log(0.8)
