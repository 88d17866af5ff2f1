"""Images and what belongs to places in them, masks or boxes, changed together at random."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np

from kerasrecipes.data.examples import Examples, batch_random


class AugmentedPairs(Examples):
    """Base class of images and masks or boxes that are changed together as they are taken.

    What is drawn depends on the seed and the indices in the batch alone, so that a resumed training
    sees the same.

    Args:
        examples: images of one size, with what belongs to them.
        flip: whether to mirror them, left to right.
        zoom: largest share by which to change their size.
        brightness: largest change of brightness, as a share.
        seed: of the draws.
    """

    def __init__(
        self, examples: Examples, *, flip: bool, zoom: float, brightness: float, seed: int = 0
    ):
        self.examples, self.seed = examples, seed
        self.flip, self.zoom, self.brightness = flip, zoom, brightness

    def __len__(self) -> int:
        return len(self.examples)

    @property
    def y(self) -> Any:
        """Masks or boxes as they were, where they are at hand."""
        return getattr(self.examples, "y", None)

    def take(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return changed images, and their masks or boxes."""
        images, others = self.examples.take(indices)
        random = batch_random(self.seed, indices)
        changed = [
            self._changed(random, image, other) for image, other in zip(images, others, strict=True)
        ]
        images, others = zip(*changed, strict=True)
        return np.stack(images), np.stack(others)

    @abstractmethod
    def _changed(
        self, random: np.random.Generator, image: np.ndarray, other: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Change an image and what belongs to it.

        A subclass draws all its numbers in any case, so that one setting does not change what
        another draws.
        """

    def _lit(self, image: np.ndarray, light: float) -> np.ndarray:
        """Return an image, brighter by a share, of -1 to 1, of the largest change."""
        if not self.brightness:
            return image
        brighter = image * np.float32(1 + light * self.brightness)
        return np.clip(brighter, 0, 255).astype(np.uint8)

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        return type(self)(
            self.examples.select(indices),
            flip=self.flip,
            zoom=self.zoom,
            brightness=self.brightness,
            seed=self.seed,
        )
