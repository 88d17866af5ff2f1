"""Likelihoods are probabilities of pixels, and the divergence is that of its integral."""

import numpy as np
import pytest
from keras import ops

from kerasrecipes.losses.likelihoods import (
    Bernoulli,
    DiscretizedLogistic,
    divergence_from_normal,
    likelihood_for,
)

RANDOM = np.random.default_rng(0)


def numbers(tensor):
    return np.asarray(ops.convert_to_numpy(tensor))


@pytest.mark.parametrize(
    ("mean", "log_scale"), [(0.5, -2.0), (0.02, -4.0), (0.98, -6.0), (-0.5, 0.0), (0.5, -9.0)]
)
def test_the_probabilities_of_all_bytes_sum_to_one(mean, log_scale):
    values = (np.arange(256) / 255).astype("float32").reshape(256, 1, 1, 1)
    outputs = np.broadcast_to(np.float32([mean, log_scale]), (256, 1, 1, 2))
    found = numbers(DiscretizedLogistic.log_probability(outputs, values))
    assert np.exp(found.astype("float64")).sum() == pytest.approx(1, abs=2e-3)


def test_a_byte_far_from_its_mean_has_a_finite_likelihood_that_says_where_to_go():
    values, outputs = np.float32([[[[0.9]]], [[[0.9]]]]), np.float32([[[[0.1, -7]]], [[[0.2, -7]]]])
    far, nearer = numbers(DiscretizedLogistic.log_probability(outputs, values))
    assert np.isfinite(far) and far < nearer < -20


def test_bernoulli_sums_over_pixels_and_overflows_nowhere():
    odds = RANDOM.normal(size=(5, 3, 2, 1)).astype("float32")
    x = (RANDOM.random(odds.shape) < 0.5).astype("float32")
    chance = 1 / (1 + np.exp(-odds))
    expected = np.log(np.where(x > 0, chance, 1 - chance)).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(numbers(Bernoulli.log_probability(odds, x)), expected, rtol=1e-5)
    extreme = numbers(Bernoulli.log_probability(np.float32([[[[500]]]]), np.float32([[[[1]]]])))
    assert extreme[0] == 0 and Bernoulli.mean(np.float32([-500, 0, 500])).tolist() == [
        pytest.approx(0),
        0.5,
        1,
    ]


def test_the_divergence_is_that_of_its_integral():
    mean, log_variance = 0.7, -1.2
    z = np.linspace(-12, 12, 200_001)
    q = np.exp(-((z - mean) ** 2) / (2 * np.exp(log_variance)))
    q /= np.sqrt(2 * np.pi * np.exp(log_variance))
    p = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    inside = q > 1e-300
    integral = np.trapezoid(np.where(inside, q * np.log(np.maximum(q, 1e-300) / p), 0), z)
    found = numbers(divergence_from_normal(np.float32([[mean]]), np.float32([[log_variance]])))
    assert found[0, 0] == pytest.approx(integral, rel=1e-5)
    assert numbers(divergence_from_normal(np.zeros((1, 2)), np.zeros((1, 2)))).tolist() == [[0, 0]]


def test_grey_is_ink_by_itself_and_colour_is_not():
    assert (
        likelihood_for("auto", 1) is Bernoulli and likelihood_for("auto", 3) is DiscretizedLogistic
    )
    assert likelihood_for("logistic", 1) is DiscretizedLogistic
