"""Accuracy of token ids: every token counts the same, padding nothing."""

import numpy as np

from kerasrecipes.metrics.token_accuracy import TokenAccuracy


def test_padding_counts_nothing():
    logits = np.random.default_rng(0).normal(size=(2, 4, 6)).astype("float32")
    labels = np.array([[3, 4, 5, 0], [1, 0, 0, 0]], "int32")
    metric = TokenAccuracy()
    metric.update_state(labels, logits)
    np.testing.assert_allclose(
        float(metric.result()), (logits.argmax(-1) == labels)[labels > 0].mean(), rtol=1e-6
    )


def test_every_token_counts_the_same_whatever_its_company():
    """One right token in a row of one, and one of three in a row of three: two of four."""
    metric = TokenAccuracy()
    y_true = np.array([[1, 0, 0], [1, 2, 3]])
    metric.update_state(y_true, np.eye(4)[[[1, 1, 1], [1, 1, 1]]])
    assert float(metric.result()) == 0.5
