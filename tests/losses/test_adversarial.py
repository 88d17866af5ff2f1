"""Losses of the game, by their formulas, and the penalty on a critic's gradient."""

import keras
import numpy as np
import pytest
from keras import ops

from kerasrecipes.losses.adversarial import discriminator_loss, generator_loss, gradient_penalty

REAL, FAKE = np.float32([[2.0], [-0.5], [0.3]]), np.float32([[-1.0], [0.7], [4.0]])


def number(tensor):
    return float(ops.convert_to_numpy(tensor))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.mark.parametrize(
    ("name", "of_discriminator", "of_generator"),
    [
        (
            "minimax",
            -np.log(sigmoid(REAL)).mean() - np.log(1 - sigmoid(FAKE)).mean(),
            np.log(1 - sigmoid(FAKE)).mean(),
        ),
        (
            "non_saturating",
            -np.log(sigmoid(REAL)).mean() - np.log(1 - sigmoid(FAKE)).mean(),
            -np.log(sigmoid(FAKE)).mean(),
        ),
        (
            "least_squares",
            ((REAL - 1) ** 2).mean() / 2 + (FAKE**2).mean() / 2,
            ((FAKE - 1) ** 2).mean() / 2,
        ),
        (
            "hinge",
            np.maximum(0, 1 - REAL).mean() + np.maximum(0, 1 + FAKE).mean(),
            -FAKE.mean(),
        ),
        ("wasserstein", FAKE.mean() - REAL.mean(), -FAKE.mean()),
    ],
)
def test_losses_are_their_formulas(name, of_discriminator, of_generator):
    assert number(discriminator_loss(name, REAL, FAKE)) == pytest.approx(of_discriminator, rel=1e-5)
    assert number(generator_loss(name, FAKE)) == pytest.approx(of_generator, rel=1e-5)


def test_smoothing_lowers_the_target_of_real_images():
    p = sigmoid(REAL)
    wanted = -(0.9 * np.log(p) + 0.1 * np.log(1 - p)).mean() - np.log(1 - sigmoid(FAKE)).mean()
    found = discriminator_loss("non_saturating", REAL, FAKE, smoothing=0.1)
    assert number(found) == pytest.approx(wanted, rel=1e-5)
    squares = discriminator_loss("least_squares", REAL, FAKE, smoothing=0.1)
    assert number(squares) == pytest.approx(((REAL - 0.9) ** 2 + FAKE**2).mean() / 2, rel=1e-5)


def test_the_penalty_is_the_distance_of_the_gradient_from_length_one():
    direction = np.float32([[3.0], [4.0]])
    points = ops.convert_to_tensor(np.random.default_rng(0).normal(size=(5, 2)).astype("float32"))
    found = gradient_penalty(lambda x: ops.matmul(x, direction), points)
    assert number(found) == pytest.approx((5 - 1) ** 2, rel=1e-4)


def test_the_penalty_teaches_the_weights_of_the_critic():
    """Its gradient is one of a gradient: the slope of 5 goes towards 1."""
    dense = keras.layers.Dense(1, use_bias=False, kernel_initializer=keras.initializers.Constant(5))
    dense.build((None, 1))
    x = ops.convert_to_tensor(np.ones((4, 1), "float32"))
    if keras.backend.backend() == "jax":
        import jax

        def loss(kernel):
            with keras.StatelessScope([(dense.kernel, kernel)]):
                return gradient_penalty(dense, x)

        gradient = jax.grad(loss)(dense.kernel.value)
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            loss = gradient_penalty(dense, x)
        gradient = tape.gradient(loss, dense.kernel.value)
    assert number(ops.sum(gradient)) == pytest.approx(2 * (5 - 1), rel=1e-4)
