import numpy as np
import pytest

from kerasrecipes.metrics.forecasting import point_metrics, quantile_metrics


def test_errors_are_scaled_and_relative():
    truth = np.array([[10.0, 20.0], [1.0, np.nan]])
    forecast = np.array([[12.0, 20.0], [3.0, 5.0]])
    found = point_metrics(truth, forecast, np.array([2.0, 4.0]))
    assert found["mase"] == pytest.approx((0.5 + 0.5) / 2)
    assert found["smape"] == pytest.approx(((200 * 2 / 22) / 2 + 200 * 2 / 4) / 2)


def test_series_whose_error_is_nothing_are_left_out_of_the_scaled_one():
    found = point_metrics(np.ones((2, 1)), np.zeros((2, 1)), np.array([0.0, 2.0]))
    assert found["mase"] == 0.5


def test_the_quantiles_of_the_truth_cover_what_they_say():
    random = np.random.default_rng(0)
    truth = random.normal(size=(4000, 3))
    shares = (0.1, 0.25, 0.5, 0.75, 0.9)
    exact = np.broadcast_to([-1.2816, -0.6745, 0, 0.6745, 1.2816], (4000, 3, 5))
    found = quantile_metrics(truth, exact, shares)
    assert found["coverage"] == pytest.approx(0.8, abs=0.02)
    assert found["nominal_coverage"] == pytest.approx(0.8)
    for other in (exact * 0.5, exact * 2, exact + 0.5):
        assert quantile_metrics(truth, other, shares)["crps"] > found["crps"]
