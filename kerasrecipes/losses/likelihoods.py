"""Likelihoods of pixels: what a decoder's outputs say about an image, in nats."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from keras import ops

Name = Literal["auto", "bernoulli", "logistic"]

_BIN = 1 / 255  # width of a grey value, of pixels from 0 to 1
# Of a logistic distribution; narrower ones give all of their mass to one grey value.
_LEAST_LOG_SCALE = -7.0


class Bernoulli:
    """Pixels that are either dark or bright, each with a probability of its own."""

    name: ClassVar[str] = "bernoulli"
    parameters: ClassVar[int] = 1  # numbers of the decoder for a pixel's channel
    initial: ClassVar[tuple[float, ...]] = (0.0,)

    @staticmethod
    def log_probability(outputs: Any, pixels: Any) -> Any:
        """Compute the logarithm of an image's probability.

        Args:
            outputs: log-odds, `(batch, height, width, channels)`.
            pixels: 0 or 1, of the same shape.

        Returns:
            `(batch,)`, in nats, the sum over pixels.
        """
        # x log p + (1 - x) log(1 - p), which overflows nowhere in this form.
        return _sum(pixels * outputs - ops.softplus(outputs))

    @staticmethod
    def mean(outputs: np.ndarray) -> np.ndarray:
        """Return the expected image, from 0 to 1, of outputs that are arrays."""
        return 1 / (1 + np.exp(-np.clip(outputs, -60, 60)))


class DiscretizedLogistic:
    """Pixels of 256 grey values, each by a logistic distribution of its own.

    A value's probability is the mass of its interval; black and white have all that lies beyond
    them. So a bound on it is one on bytes, and not on a density without a scale.

    Reference:
        [Improving Variational Inference with Inverse Autoregressive
        Flow](https://arxiv.org/abs/1606.04934) (Kingma et al., 2016)
    """

    name: ClassVar[str] = "logistic"
    parameters: ClassVar[int] = 2
    initial: ClassVar[tuple[float, ...]] = (0.5, -2.0)

    @staticmethod
    def log_probability(outputs: Any, pixels: Any) -> Any:
        """Compute the logarithm of an image's probability.

        Args:
            outputs: means, then logarithms of scales, `(batch, height, width, 2 channels)`.
            pixels: multiples of 1/255, `(batch, height, width, channels)`.

        Returns:
            `(batch,)`, in nats, the sum over pixels.
        """
        mean, log_scale = ops.split(outputs, 2, axis=-1)
        sharpness = ops.exp(-ops.maximum(log_scale, _LEAST_LOG_SCALE))
        above = sharpness * (pixels - mean + _BIN / 2)
        below = sharpness * (pixels - mean - _BIN / 2)
        inside = ops.sigmoid(above) - ops.sigmoid(below)
        # Where the interval holds no mass that float32 can tell, the floor keeps a gradient.
        middle = ops.log(ops.maximum(inside, 1e-12))
        middle = ops.where(inside > 1e-6, middle, ops.minimum(middle, -ops.abs(above + below) / 2))
        black, white = above - ops.softplus(above), -ops.softplus(below)
        ends = ops.where(pixels < _BIN / 2, black, middle)
        return _sum(ops.where(pixels > 1 - _BIN / 2, white, ends))

    @staticmethod
    def mean(outputs: np.ndarray) -> np.ndarray:
        """Return the expected image, from 0 to 1, of outputs that are arrays."""
        return np.clip(np.split(outputs, 2, axis=-1)[0], 0, 1)


Likelihood = type[Bernoulli] | type[DiscretizedLogistic]
LIKELIHOODS: dict[str, Likelihood] = {kind.name: kind for kind in (Bernoulli, DiscretizedLogistic)}


def likelihood_for(name: str, channels: int) -> Likelihood:
    """Return the likelihood of a name.

    Args:
        name: `"bernoulli"`, `"logistic"`, or `"auto"`: of grey drawings what is ink, of colours
            their values.
        channels: 1 or 3.
    """
    return LIKELIHOODS[("bernoulli" if channels == 1 else "logistic") if name == "auto" else name]


def divergence_from_normal(mean: Any, log_variance: Any) -> Any:
    """Compute the Kullback-Leibler divergence of Gaussians from the standard normal distribution.

    In closed form, `(mean² + variance - 1 - log variance) / 2` for each dimension.

    Args:
        mean: `(batch, dimensions)`.
        log_variance: likewise.

    Returns:
        `(batch, dimensions)`, in nats, 0 or more.
    """
    return (ops.square(mean) + ops.exp(log_variance) - 1 - log_variance) / 2


def _sum(values: Any) -> Any:
    return ops.sum(values, axis=tuple(range(1, len(values.shape))))
