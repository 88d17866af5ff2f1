"""Errors of points, by Keras's metric and by NumPy, against sums over known points."""

import numpy as np
import pytest

from kerasrecipes.losses.landmarks import PointLoss
from kerasrecipes.metrics.landmarks import NormalizedMeanError, errors


@pytest.fixture(params=range(3))
def pair(request):
    random = np.random.default_rng(request.param)
    truth = random.random((9, 5, 2)).astype(np.float32)
    found = truth + random.normal(0, 0.05, truth.shape).astype(np.float32)
    truth[random.random((9, 5)) < 0.2] = np.nan
    truth[0, 0, 1] = np.nan  # half of a point is no point
    return truth, found


def expected(truth, found, between):
    means = []
    for one, other in zip(truth.astype(float), found.astype(float), strict=True):
        known = np.isfinite(one).all(axis=1)
        if known.sum() < 2:
            continue
        sides = one[known].max(axis=0) - one[known].min(axis=0)
        length = np.sqrt(np.prod(sides))
        if between:
            both = known[list(between)].all()
            length = np.linalg.norm(one[between[0]] - one[between[1]]) if both else length / 2
        means.append(np.linalg.norm(one[known] - other[known], axis=1).mean() / length)
    return np.mean(means)


@pytest.mark.parametrize("between", [(), (1, 3)])
def test_both_ways_are_the_mean_over_known_points(pair, between):
    wanted = expected(*pair, between)
    metric = NormalizedMeanError(between)
    for part in (slice(0, 4), slice(4, 9)):
        metric.update_state(pair[0][part], pair[1][part])
    assert float(metric.result()) == pytest.approx(wanted, rel=1e-4)
    by_image = np.nanmean(errors(*pair, between), axis=1)
    assert np.nanmean(by_image) == pytest.approx(wanted, rel=1e-4)
    assert NormalizedMeanError.from_config(metric.get_config()).between == between


def test_an_image_without_points_counts_nowhere(pair):
    truth, found = (array.copy() for array in pair)
    truth[2] = np.nan
    assert np.isnan(errors(truth, found, ())[2]).all()
    for kind in ("distance", "squared", "wing"):
        assert float(PointLoss(kind).call(truth, found)[2]) == 0


def test_losses_are_means_over_known_points(pair):
    truth, found = pair
    apart = np.linalg.norm(truth - found, axis=-1)
    distance, squared, wing = (
        np.asarray(PointLoss(kind).call(truth, found)) for kind in ("distance", "squared", "wing")
    )
    np.testing.assert_allclose(distance, np.nanmean(apart, axis=1), rtol=1e-3)
    np.testing.assert_allclose(squared, np.nanmean(apart**2, axis=1), rtol=1e-3)
    bend = 0.05 * np.log1p(5)
    bent = np.where(apart < 0.05, 0.05 * np.log1p(apart / 0.01), apart - 0.05 + bend)
    np.testing.assert_allclose(
        wing, np.nanmean(np.where(np.isfinite(apart), bent, np.nan), axis=1), rtol=1e-3
    )
    assert PointLoss.from_config(PointLoss("wing").get_config()).kind == "wing"
