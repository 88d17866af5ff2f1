"""Accuracy of tags: every word counts the same, padding nothing."""

import numpy as np
import pytest

from kerasrecipes.metrics.tag_accuracy import TagAccuracy


def test_every_word_counts_the_same_in_whatever_company():
    metric = TagAccuracy()
    scores = np.zeros((2, 4, 3), np.float32)
    scores[..., 1] = 1
    metric.update_state(np.array([[1, 1, 1, 0], [1, -1, -1, -1]]), scores)
    metric.update_state(np.array([[0, -1]]), scores[:1, :2])
    assert float(metric.result()) == pytest.approx(4 / 6)
    metric.reset_state()
    metric.update_state(
        np.array([[1, 1, 1, 0], [1, 1, 1, 1]]), scores, sample_weight=np.array([1.0, 0.0])
    )
    assert float(metric.result()) == pytest.approx(3 / 4)
