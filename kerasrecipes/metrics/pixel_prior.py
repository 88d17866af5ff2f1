"""Baseline of segmentation: the class of a pixel by its colour and its place alone."""

from __future__ import annotations

import numpy as np

_LEVELS = 8  # of each colour channel
_PLACES = 4  # rows and columns of the places
_TRUST = 20  # pixels of all places that count as much as those of one


class PixelPrior:
    """Most frequent class of a colour at a place, counted in training images.

    Args:
        classes: number of classes.
    """

    def __init__(self, classes: int):
        self.counts = np.zeros((_LEVELS**3, _PLACES**2, classes))

    def add(self, images: np.ndarray, labels: np.ndarray) -> None:
        """Count the pixels of images.

        Args:
            images: `(images, height, width, channels)`, 0 to 255.
            labels: class indices, `(images, height, width)`; negative ones do not count.
        """
        colours, places, classes = self.counts.shape
        there = labels >= 0
        cells = self._cells(images)[there] * classes + labels[there]
        counted = np.bincount(cells, minlength=colours * places * classes)
        self.counts += counted.reshape(self.counts.shape)

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the class of each pixel, `(images, height, width)` of uint8 or more."""
        anywhere = self.counts.sum(axis=1, keepdims=True) + self.counts.sum(axis=(0, 1)) * 1e-9
        # A colour that was not seen at a place has the class that it has anywhere.
        expected = _TRUST * anywhere / anywhere.sum(axis=-1, keepdims=True)
        best = (self.counts + expected).argmax(axis=-1)
        return best.reshape(-1)[self._cells(images)].astype(np.min_scalar_type(best.max(initial=0)))

    def _cells(self, images: np.ndarray) -> np.ndarray:
        """Return the number of colour and place of each pixel, `(images, height, width)`."""
        height, width = images.shape[1:3]
        levels = np.broadcast_to(images, (*images.shape[:3], 3)).astype(np.int64) * _LEVELS // 256
        colour = (levels[..., 0] * _LEVELS + levels[..., 1]) * _LEVELS + levels[..., 2]
        row, column = (np.arange(side) * _PLACES // side for side in (height, width))
        return colour * _PLACES**2 + row[:, None] * _PLACES + column
