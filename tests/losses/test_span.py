"""The loss of spans, and the accuracy of both ends."""

import numpy as np
import pytest

from kerasrecipes.losses.span import SpanCrossentropy
from kerasrecipes.metrics.span_accuracy import SpanAccuracy


def test_it_is_the_mean_cross_entropy_of_both_ends():
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.ones(7), (5, 2)).transpose(0, 2, 1).astype(np.float32)
    ends = random.integers(0, 7, (5, 2))
    rows = np.arange(5)
    expected = -np.log([chances[rows, ends[:, e], e] for e in (0, 1)]).mean()
    assert float(SpanCrossentropy()(ends, chances)) == pytest.approx(expected, abs=1e-5)
    assert np.isfinite(float(SpanCrossentropy()(ends, np.zeros_like(chances))))
    metric = SpanAccuracy()
    metric.update_state(chances.argmax(axis=1), chances)
    assert float(metric.result()) == 1
    metric.update_state((chances.argmax(axis=1) + np.array([0, 1])) % 7, chances)
    assert float(metric.result()) == 0.5
