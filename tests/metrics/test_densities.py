"""Densities without a network give probabilities, and find what they were made from."""

import numpy as np
import pytest

from kerasrecipes.metrics.densities import BernoulliMixture, ProbabilisticPca

RANDOM = np.random.default_rng(0)


def test_a_mixture_is_a_probability_over_all_images_and_better_than_one_component():
    kinds = RANDOM.integers(0, 2, 400)
    chance = np.where(kinds[:, None] == 1, [0.9, 0.9, 0.1, 0.1], [0.1, 0.1, 0.9, 0.9])
    images = (RANDOM.random((400, 4)) < chance) * 255
    every = np.array(np.meshgrid(*[[0, 255]] * 4)).reshape(4, -1).T
    one, two = (BernoulliMixture.fit(images, count) for count in (1, 2))
    for mixture in (one, two):
        assert np.exp(mixture.log_probability(every)).sum() == pytest.approx(1)
    assert np.sort(two.probabilities[:, 0]) == pytest.approx([0.1, 0.9], abs=0.08)
    assert two.log_probability(images).mean() > one.log_probability(images).mean() + 0.5


@pytest.mark.parametrize("count", [500, 12])
def test_probabilistic_pca_is_the_gaussian_of_its_covariance(count):
    images = RANDOM.normal(100, 1, (count, 20)) + RANDOM.normal(0, 9, (count, 3)) @ RANDOM.normal(
        0, 1, (3, 20)
    )
    found = ProbabilisticPca.fit(images, 3)
    covariance = (
        found.noise * np.eye(20) + (found.axes * (found.variances - found.noise)) @ found.axes.T
    )
    rest = images - found.mean
    distance = np.einsum("ni,ij,nj->n", rest, np.linalg.inv(covariance), rest)
    expected = -(distance + np.linalg.slogdet(2 * np.pi * covariance)[1]) / 2
    np.testing.assert_allclose(found.log_probability(images), expected, rtol=1e-6)
    # Codes and back: what lies in the components is kept.
    along = found.mean + RANDOM.normal(0, 9, (4, 3)) @ found.axes.T
    np.testing.assert_allclose(found.images(found.codes(along)), along)
