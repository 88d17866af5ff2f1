"""Labels as rows of probabilities, and pairs of images that are blended with their labels."""

from __future__ import annotations

import zlib

import numpy as np

from kerasrecipes.data.examples import Examples


class SoftLabels(Examples):
    """Examples with one-hot rows for class numbers, blended in pairs where asked for.

    With which examples a batch is blended, and how strongly, is drawn by the seed and the numbers
    in the batch alone, so that a resumed training sees the same blends.

    Args:
        examples: with class numbers as labels, and `y`.
        classes: how many there are.
        mixup: parameter of the beta distribution of the blend's weights; 0 blends nothing.
        seed: of the draw.

    Reference:
        [mixup: Beyond Empirical Risk Minimization](https://arxiv.org/abs/1710.09412) (Zhang et al.,
        2017)
    """

    def __init__(self, examples: Examples, classes: int, mixup: float = 0.0, seed: int = 0):
        self.examples, self.classes, self.mixup, self.seed = examples, classes, mixup, seed

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def y(self) -> np.ndarray:
        """The labels without blends, `(examples, classes)`."""
        return self.rows(np.arange(len(self)))

    def rows(self, numbers: np.ndarray) -> np.ndarray:
        """Give the one-hot rows of the examples with these numbers."""
        return np.eye(self.classes, dtype=np.float32)[self.examples.y[numbers]]

    def take(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the examples with these numbers, `(batch, height, width, channels)` and
        `(batch, classes)`.
        """
        images, rows = self.examples.take(numbers)[0], self.rows(numbers)
        if not self.mixup:
            return images, rows
        random = np.random.default_rng(
            [self.seed, zlib.crc32(np.asarray(numbers, np.int64).tobytes())]
        )
        weight = random.beta(self.mixup, self.mixup, len(numbers)).astype(np.float32)
        partner = random.permutation(len(numbers))
        return _blend(images, partner, weight), _blend(rows, partner, weight)

    def select(self, numbers: np.ndarray) -> SoftLabels:
        """Make a collection of only the examples with these numbers."""
        return SoftLabels(self.examples.select(numbers), self.classes, self.mixup, self.seed)


def _blend(values: np.ndarray, partner: np.ndarray, weight: np.ndarray) -> np.ndarray:
    weight = weight.reshape(-1, *[1] * (values.ndim - 1))
    return weight * values + (1 - weight) * values[partner].astype(np.float32)
