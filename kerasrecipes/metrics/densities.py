"""Densities of images without a network, as baselines: what a model must beat to have learned more.

Both are fitted in closed form or by a few steps of expectation and maximisation, and give the exact
logarithm of an image's probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MOST = 10_000  # images that are fitted; more change the fit little


@dataclass(frozen=True)
class BernoulliMixture:
    """Mixture of images whose pixels are ink or none independently of each other.

    Args:
        weights: `(components,)`, which sum to 1.
        probabilities: `(components, pixels)` of ink.
    """

    weights: np.ndarray
    probabilities: np.ndarray

    @classmethod
    def fit(
        cls, images: np.ndarray, components: int, steps: int = 40, seed: int = 0
    ) -> BernoulliMixture:
        """Fit the mixture by expectation and maximisation.

        Args:
            images: `(images, …)` of 0 and 255.
            components: number of images that are mixed; 1 for independent pixels.
            steps: of expectation and maximisation.
            seed: of the first images.

        Returns:
            The mixture, with one more image of ink and one of none counted in each component.
        """
        x = _rows(images) > 127
        x = x[:_MOST].astype(np.float32)
        random = np.random.default_rng(seed)
        # A random division of the images: components begin near the mean and come apart.
        shares = random.dirichlet(np.full(components, 0.3), len(x)).astype(np.float32)
        mixture = cls._maximized(x, shares)
        for _ in range(steps if components > 1 else 0):
            joint = mixture._joint(x)
            shares = np.exp(joint - _log_sum(joint)[:, None])
            mixture = cls._maximized(x, shares)
        return mixture

    @classmethod
    def _maximized(cls, x: np.ndarray, shares: np.ndarray) -> BernoulliMixture:
        counts = shares.sum(axis=0)
        return cls((counts + 1) / (counts + 1).sum(), (shares.T @ x + 1) / (counts[:, None] + 2))

    def log_probability(self, images: np.ndarray) -> np.ndarray:
        """Return the logarithm of each image's probability, `(images,)`, in nats.

        Args:
            images: `(images, …)` of 0 and 255.
        """
        return _log_sum(self._joint((_rows(images) > 127).astype(np.float32)))

    def _joint(self, x: np.ndarray) -> np.ndarray:
        ink, none = np.log(self.probabilities), np.log1p(-self.probabilities)
        return x @ (ink - none).T + none.sum(axis=1) + np.log(self.weights)


@dataclass(frozen=True)
class ProbabilisticPca:
    """Gaussian of images: their principal components, and one variance in all other directions.

    Args:
        mean: `(pixels,)`, 0 to 255.
        axes: `(pixels, components)`, of length 1.
        variances: `(components,)`, along them.
        noise: variance in each other direction.

    Reference:
        [Probabilistic Principal Component Analysis](https://doi.org/10.1111/1467-9868.00196)
        (Tipping and Bishop, 1999)
    """

    mean: np.ndarray
    axes: np.ndarray
    variances: np.ndarray
    noise: float

    @classmethod
    def fit(cls, images: np.ndarray, components: int) -> ProbabilisticPca:
        """Fit the Gaussian by maximum likelihood.

        Args:
            images: `(images, …)`, 0 to 255; more pixels than images are possible.
            components: number of principal components, at most one less than images or pixels.

        Returns:
            The Gaussian, whose noise is at least that of rounding to bytes.
        """
        x = _rows(images)[:_MOST].astype(np.float64)
        mean = x.mean(axis=0)
        count, pixels = x.shape
        components = max(1, min(components, count - 1, pixels - 1))
        x -= mean
        # The smaller of the two matrices of products has the same values that are not zero.
        small = x @ x.T if count < pixels else x.T @ x
        values, vectors = np.linalg.eigh(small / count)
        values, vectors = values[::-1], vectors[:, ::-1][:, :components]
        axes = x.T @ vectors if count < pixels else vectors
        axes = axes / np.maximum(np.linalg.norm(axes, axis=0), 1e-12)
        left = max(values.sum() - values[:components].sum(), 0.0) / (pixels - components)
        # A grey value is known up to rounding, whose variance is a twelfth.
        noise = max(float(left), 1 / 12)
        return cls(mean, axes, np.maximum(values[:components], noise), noise)

    def log_probability(self, images: np.ndarray) -> np.ndarray:
        """Return the logarithm of each image's density, `(images,)`, in nats.

        In units of a grey value, so that it is about that of the probability of its bytes.

        Args:
            images: `(images, …)`, 0 to 255.
        """
        x = _rows(images).astype(np.float64) - self.mean
        along = x @ self.axes
        across = np.maximum((x**2).sum(axis=1) - (along**2).sum(axis=1), 0)
        rest = x.shape[1] - len(self.variances)
        distance = (along**2 / self.variances).sum(axis=1) + across / self.noise
        size = np.log(self.variances).sum() + rest * np.log(self.noise)
        return -(distance + size + x.shape[1] * np.log(2 * np.pi)) / 2

    def codes(self, images: np.ndarray) -> np.ndarray:
        """Return coordinates along the components, `(images, components)`."""
        return (_rows(images) - self.mean) @ self.axes

    def images(self, codes: np.ndarray) -> np.ndarray:
        """Return the images of coordinates, `(images, pixels)`, about 0 to 255."""
        return codes @ self.axes.T + self.mean

    def sample(self, count: int, seed: int) -> np.ndarray:
        """Draw images without the noise around the components.

        Args:
            count: number of images.
            seed: of the draw.

        Returns:
            `(count, pixels)`, 0 to 255.
        """
        # What varies along an axis beyond the noise is the image; the rest would be snow on it.
        spread = np.sqrt(np.maximum(self.variances - self.noise, 0))
        drawn = np.random.default_rng(seed).standard_normal((count, len(spread))) * spread
        return np.clip(self.images(drawn), 0, 255)


def _rows(images: np.ndarray) -> np.ndarray:
    return np.asarray(images).reshape(len(images), -1)


def _log_sum(values: np.ndarray) -> np.ndarray:
    top = values.max(axis=1)
    return top + np.log(np.exp(values - top[:, None]).sum(axis=1))
