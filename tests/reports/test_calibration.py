import numpy as np
import pytest

from kerasrecipes.reports import calibration, style


def test_calibration_error_by_hand():
    sure = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55])
    right = np.array([True, True, True, False, True, False])
    counts, confidence, accuracy = calibration.calibration(sure, right)
    np.testing.assert_array_equal(counts, [2, 4])
    np.testing.assert_allclose(confidence, [0.55, 0.95])
    np.testing.assert_allclose(accuracy, [0.5, 0.75])
    assert calibration.calibration_error(sure, right) == pytest.approx((2 * 0.05 + 4 * 0.20) / 6)


def test_a_model_that_tells_the_truth_has_almost_no_calibration_error():
    random = np.random.default_rng(0)
    sure = random.uniform(0.2, 1, 50_000)
    right = random.random(50_000) < sure
    assert calibration.calibration_error(sure, right) < 0.01
    assert calibration.calibration_error(np.sqrt(sure), right) > 0.1


@pytest.mark.parametrize(
    ("power", "verdict"),
    [(1.0, "calibrated on average"), (4.0, "overconfident"), (0.25, "underconfident")],
)
def test_confidence_is_compared_with_accuracy(evaluate, power, verdict):
    random = np.random.default_rng(1)
    chances = random.dirichlet(np.ones(4), 3000)
    labels = (random.random((3000, 1)) > chances.cumsum(axis=1)).sum(axis=1)
    told = chances**power
    figure = calibration.confidence(evaluate(told / told.sum(axis=1, keepdims=True), labels))
    assert f": {verdict} (ECE " in " ".join(figure.get_suptitle().split())
    assert style.png(figure)


def test_wilson_interval_against_known_values():
    low, high = calibration.wilson(np.array([8, 0, 10]), np.array([10, 10, 10]))
    np.testing.assert_allclose(low, [0.4902, 0.0, 0.7225], atol=1e-4)
    np.testing.assert_allclose(high, [0.9433, 0.2775, 1.0], atol=1e-4)
