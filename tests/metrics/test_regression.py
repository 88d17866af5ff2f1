import numpy as np
import pytest
from sklearn import metrics as sklearn

from kerasrecipes.metrics import regression


@pytest.mark.parametrize("targets", [1, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_errors_are_those_of_scikit_learn(seed, targets):
    random = np.random.default_rng(seed)
    truth = random.normal(1e4, 300, (50, targets)) * 10.0 ** np.arange(targets)
    given = truth + random.normal(0, 100, truth.shape)
    found = regression.regression_metrics(truth, given)
    assert found["mean_absolute_error"] == pytest.approx(sklearn.mean_absolute_error(truth, given))
    assert found["r2"] == pytest.approx(sklearn.r2_score(truth, given))
    assert found["median_absolute_error"] == pytest.approx(np.median(np.abs(truth - given)))
    squares = sklearn.mean_squared_error(truth, given)
    assert found["root_mean_squared_error"] == pytest.approx(squares**0.5)
    names = [f"t{n}" for n in range(targets)]
    for n, row in enumerate(regression.by_target(truth, given, names).values()):
        assert row["r2"] == pytest.approx(sklearn.r2_score(truth[:, n], given[:, n]))


def test_a_constant_target_has_no_explained_variance():
    found = regression.regression_metrics(np.ones(5), np.zeros(5))
    assert "r2" not in found and found["mean_absolute_error"] == 1


def test_pixels_are_judged_together():
    random = np.random.default_rng(0)
    truth = random.normal(0, 1, (6, 4, 4, 1))
    truth[:, 0] = 0  # these never change
    given = truth + 0.1
    whole = sklearn.r2_score(truth.reshape(-1), given.reshape(-1))
    assert regression.regression_metrics(truth, given)["r2"] == pytest.approx(whole)
