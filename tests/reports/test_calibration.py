import numpy as np
import pytest

from kerasrecipes.reports import calibration, style


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
