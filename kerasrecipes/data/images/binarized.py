"""Images of ink or none: each pixel is drawn with its grey value as probability, once for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples, Unlabelled


class Binarized(Unlabelled):
    """Grey images whose pixels are drawn to be 0 or 255, without labels.

    An image's draw depends on its number alone, so it is the same in every epoch and evaluation, as
    in the binarised MNIST of the literature.

    Args:
        examples: images of bytes.
        numbers: `(examples,)`, of each; by default counted from 0.

    Reference:
        [On the Quantitative Analysis of Deep Belief
        Networks](https://doi.org/10.1145/1390156.1390266) (Salakhutdinov, Murray, 2008)
    """

    def __init__(self, examples: Examples, numbers: Sequence[int] | None = None):
        super().__init__(examples)
        self.numbers = np.arange(len(examples)) if numbers is None else np.asarray(numbers)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of images of 0 and 255, `(x,)`."""
        (images,) = super().take(indices)
        drawn = [
            draw(image, int(n)) for image, n in zip(images, self.numbers[indices], strict=True)
        ]
        return (np.stack(drawn) if drawn else images,)

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices, which keep their draws."""
        return type(self)(self.examples.select(indices), self.numbers[indices])


def draw(image: np.ndarray, seed: int) -> np.ndarray:
    """Draw each pixel of a grey image to be ink or none.

    Args:
        image: bytes of any shape.
        seed: of the draw.

    Returns:
        0 and 255, uint8.
    """
    chance = np.random.default_rng(seed).random(image.shape, np.float32)
    return np.where(chance * 255 < image, 255, 0).astype(np.uint8)


def binarized(examples: Examples) -> Examples:
    """Return images whose pixels are drawn, in memory where those given are."""
    found = Binarized(examples)
    if not isinstance(examples, Arrays):
        return found
    return Arrays(found.take(np.arange(len(found)))[0])
