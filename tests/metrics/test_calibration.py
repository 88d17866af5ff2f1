import numpy as np
import pytest

from kerasrecipes.metrics.calibration import calibration, calibration_error


def test_calibration_error_by_hand():
    sure = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    counts, confidence, accuracy = calibration(sure, right)
    np.testing.assert_array_equal(counts, [2, 4])
    np.testing.assert_allclose(confidence, [0.55, 0.95])
    np.testing.assert_allclose(accuracy, [0.5, 0.75])
    assert calibration_error(sure, right) == pytest.approx((2 * 0.05 + 4 * 0.20) / 6)


def test_a_model_that_tells_the_truth_has_almost_no_calibration_error():
    random = np.random.default_rng(0)
    sure = random.uniform(0.2, 1, 50_000)
    right = random.random(50_000) < sure
    assert calibration_error(sure, right) < 0.01
    assert calibration_error(np.sqrt(sure), right) > 0.1
