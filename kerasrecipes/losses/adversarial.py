"""Losses of a generator and a discriminator, by name, and the penalty on a critic's gradient.

Scores are logits without a bound, higher where an image looks real to the discriminator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import keras
from keras import ops

Name = Literal["minimax", "non_saturating", "least_squares", "hinge", "wasserstein"]

# Those whose target for a real image is a probability or a number, which can be lowered.
SMOOTHED = ("minimax", "non_saturating", "least_squares")


def discriminator_loss(name: str, real: Any, fake: Any, smoothing: float = 0.0) -> Any:
    """Compute the loss of a discriminator.

    Args:
        name: of the loss.
        real: scores of real images, `(batch, 1)`.
        fake: scores of generated ones.
        smoothing: by how much the target of a real image is below 1, for the losses in `SMOOTHED`.

    Returns:
        A scalar; least where real images score high and generated ones low.

    Reference:
        - [Generative Adversarial Networks](https://arxiv.org/abs/1406.2661) (Goodfellow et al.,
          2014): `minimax`, `non_saturating`
        - [Least Squares GAN](https://arxiv.org/abs/1611.04076) (Mao et al., 2017)
        - [Geometric GAN](https://arxiv.org/abs/1705.02894) (Lim and Ye, 2017): `hinge`
        - [Wasserstein GAN](https://arxiv.org/abs/1701.07875) (Arjovsky et al., 2017)
    """
    if name == "least_squares":
        return ops.mean(ops.square(real - (1 - smoothing)) + ops.square(fake)) / 2
    if name == "hinge":
        return ops.mean(ops.relu(1 - real) + ops.relu(1 + fake))
    if name == "wasserstein":
        return ops.mean(fake - real)
    # Cross-entropy of a target of 1 - smoothing, and of 0.
    return ops.mean(ops.softplus(-real) + smoothing * real + ops.softplus(fake))


def generator_loss(name: str, fake: Any) -> Any:
    """Compute the loss of a generator.

    `minimax` is what the theory of the game has: the discriminator's gain with the sign changed,
    whose gradient vanishes where the discriminator is sure. `non_saturating` has it where the
    generator is bad.

    Args:
        name: of the loss.
        fake: scores of generated images, `(batch, 1)`.

    Returns:
        A scalar; least where the scores are high.
    """
    if name == "minimax":
        return -ops.mean(ops.softplus(fake))
    if name == "non_saturating":
        return ops.mean(ops.softplus(-fake))
    if name == "least_squares":
        return ops.mean(ops.square(fake - 1)) / 2
    return -ops.mean(fake)


def gradient_penalty(score: Callable[[Any], Any], points: Any) -> Any:
    """Compute how far a critic's gradient is from length 1, on both backends.

    Args:
        score: from points to scores, `(batch, 1)`, each of its own point alone.
        points: `(batch, …)`, such as images between real and generated ones.

    Returns:
        The mean squared distance of the gradient's norm from 1, a scalar that can be
        differentiated once more.

    Reference:
        [Improved Training of Wasserstein GANs](https://arxiv.org/abs/1704.00028) (Gulrajani et al.,
        2017)
    """
    if keras.backend.backend() == "jax":
        import jax

        gradient = jax.grad(lambda x: ops.sum(score(x)))(points)
    else:
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(points)
            total = ops.sum(score(points))
        gradient = tape.gradient(total, points)
    squares = ops.sum(ops.square(gradient), axis=tuple(range(1, len(gradient.shape))))
    # The root of 0 has no gradient.
    return ops.mean(ops.square(ops.sqrt(squares + 1e-12) - 1))
