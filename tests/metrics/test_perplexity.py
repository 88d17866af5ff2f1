"""Perplexity: the exponential of the mean cross-entropy of all tokens."""

import numpy as np
import pytest

from kerasrecipes.metrics.perplexity import Perplexity


def test_every_token_counts_the_same_whatever_its_company():
    """A row of one token at 1/2, and one of three at 1/8: the geometric mean of 2, 8, 8, 8."""
    y_true = np.array([[1, 0, 0], [1, 1, 1]])
    y_pred = np.array([[[0.5, 0.5]] * 3, [[0.875, 0.125]] * 3], "float32")
    metric = Perplexity()
    metric.update_state(y_true, y_pred, sample_weight=np.array([[1.0, 0, 0], [1, 1, 1]]))
    assert float(metric.result()) == pytest.approx((2 * 8**3) ** 0.25, rel=1e-5)


def test_a_uniform_guess_has_the_vocabulary_s_size():
    metric = Perplexity()
    metric.update_state(np.array([[1, 3]]), np.full((1, 2, 5), 0.2, "float32"))
    assert float(metric.result()) == pytest.approx(5, rel=1e-5)
