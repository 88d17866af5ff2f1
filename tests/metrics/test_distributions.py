"""Distances between distributions, where their values are known."""

import numpy as np
import pytest

from kerasrecipes.metrics.distributions import frechet_distance, precision_and_recall

RANDOM = np.random.default_rng(0)


def test_the_frechet_distance_of_gaussians_is_that_of_their_moments():
    a = RANDOM.normal(size=(2000, 4)) @ RANDOM.normal(size=(4, 4))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet_distance(a, a + np.array([3, 0, 0, 4])) == pytest.approx(25)
    # Of commuting covariances it is the squared distance of their roots.
    white = np.linalg.inv(np.linalg.cholesky(np.cov(a, rowvar=False))) @ (a - a.mean(0)).T
    one, other = white.T * [1, 2, 3, 4], white.T * [2, 2, 1, 7]
    assert frechet_distance(one, other) == pytest.approx(1 + 0 + 4 + 9)
    assert frechet_distance(a[:3], a[3:6]) >= 0, "fewer rows than features"


def test_a_kind_that_is_missing_costs_recall_and_bad_images_precision():
    kinds = np.concatenate([RANDOM.normal(0, 1, (300, 2)), RANDOM.normal(50, 1, (300, 2))])
    again = np.concatenate([RANDOM.normal(0, 1, (300, 2)), RANDOM.normal(50, 1, (300, 2))])
    assert min(precision_and_recall(kinds, again)) > 0.9
    precision, recall = precision_and_recall(kinds, again[:300])
    assert precision > 0.9 and 0.4 < recall < 0.55
    precision, recall = precision_and_recall(kinds, again + np.array([200, 0]))
    assert precision == recall == 0
