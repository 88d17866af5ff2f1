"""Confidence intervals."""

import pytest

from kerasrecipes.metrics.intervals import wilson


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    # Wilson's interval as statsmodels' proportion_confint(method="wilson") gives it.
    [(0.8, 10, 0.4901625, 0.9433178), (0.0, 20, 0.0, 0.1611252), (1.0, 5, 0.5655175, 1.0)],
)
def test_intervals_are_wilsons(share, count, low, high):
    assert wilson(share, count) == pytest.approx((low, high), abs=1e-6)
