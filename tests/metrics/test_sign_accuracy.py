"""Accuracy of labels -1 and +1."""

import numpy as np
import pytest

from kerasrecipes.metrics.sign_accuracy import SignAccuracy

SCORES = np.array([[2.0], [-0.5], [0.0], [3.0], [0.0]], dtype="float32")
LABELS = np.array([1.0, 1.0, 1.0, -1.0, -1.0], dtype="float32")


def test_accuracy_of_signs_in_parts_and_weighted():
    metric = SignAccuracy()
    metric.update_state(LABELS[:2], SCORES[:2])
    metric.update_state(LABELS[2:], SCORES[2:])
    assert float(metric.result()) == pytest.approx(2 / 5)  # a score of zero answers +1
    metric.reset_state()
    metric.update_state(LABELS, SCORES, sample_weight=np.array([1, 0, 0, 1, 0]))
    assert float(metric.result()) == pytest.approx(1 / 2)
