"""Grades that outputs mean, and how well they agree."""

import numpy as np
import pytest

from kerasrecipes.metrics.ordinal import GradeError, grades_of, ordinal_metrics


def test_a_grade_is_the_median_or_the_nearest():
    chances = np.array([[0.4, 0.0, 0.3, 0.3], [0.6, 0.2, 0.1, 0.1], [0, 0, 0, 1]])
    assert grades_of(chances, 4).tolist() == [2, 0, 3]
    assert grades_of(np.array([[-3], [0.4], [0.5], [1.5], [9]]), 4).tolist() == [0, 0, 1, 2, 3]


def test_agreement():
    truth = np.array([0, 1, 2, 3])
    assert ordinal_metrics(truth, truth, 4) == {"qwk": 1, "mae": 0, "accuracy": 1, "within_one": 1}
    found = ordinal_metrics(truth, truth[::-1], 4)
    assert found["qwk"] == pytest.approx(-1) and found["mae"] == 2 and found["within_one"] == 0.5
    near, far = (
        ordinal_metrics(truth, np.array(given), 4)["qwk"] for given in ([1, 1, 2, 3], [3, 1, 2, 3])
    )
    assert near > far
    assert ordinal_metrics(np.ones(3, int), np.ones(3, int), 4)["qwk"] == 1


@pytest.mark.parametrize("numbers", [False, True])
def test_the_metric_of_training_agrees_and_is_weighted(numbers):
    random = np.random.default_rng(0)
    outputs = random.normal(2, 2, (50, 1)) if numbers else random.dirichlet(np.ones(5), 50)
    labels = random.integers(0, 5, 50)
    metric = GradeError(5)
    metric.update_state(labels[:20], outputs[:20].astype(np.float32))
    metric.update_state(labels[20:, None], outputs[20:].astype(np.float32))
    expected = ordinal_metrics(labels, grades_of(outputs, 5), 5)["mae"]
    assert float(metric.result()) == pytest.approx(expected, abs=1e-6)
    again = GradeError.from_config(metric.get_config())
    again.update_state(labels, outputs.astype(np.float32), np.arange(50) < 20)
    expected = np.abs(grades_of(outputs, 5) - labels)[:20].mean()
    assert float(again.result()) == pytest.approx(expected, abs=1e-6)
