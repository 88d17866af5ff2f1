"""Normalised mean error of points: their distance from the truth, in distances of the eyes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

FAILED = 0.1  # error from which an image counts as a failure


@keras.saving.register_keras_serializable(package="kerasrecipes")
class NormalizedMeanError(keras.metrics.Mean):
    """Mean over images of the mean distance of known points from the truth, divided by a length of
    the image: that between two points, or the size of all.

    Args:
        between: indices of two points; empty for the root of the area of the box around all.
        name: name of the metric.
        dtype: as in `keras.metrics.Metric`.
    """

    def __init__(self, between: Sequence[int] = (), name: str = "nme", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.between = tuple(between)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: points, `(batch, points, 2)`; NaN where missing.
            y_pred: points, `(batch, points, 2)`.
            sample_weight: of the images, `(batch,)`.

        Returns:
            What Keras's mean returns.
        """
        y_pred = ops.cast(y_pred, "float32")
        known, truth = known_of(ops.cast(y_true, "float32"), y_pred)
        apart = ops.sqrt(ops.sum(ops.square(truth - y_pred), axis=-1))
        count = ops.sum(known, axis=-1)
        error = ops.sum(apart * known, axis=-1) / ops.maximum(count, 1.0)
        length = self._length(truth, known)
        weight = ops.cast((count > 0) & (length > 1e-6), "float32")
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
        return super().update_state(error / ops.maximum(length, 1e-6), weight)

    def _length(self, truth: Any, known: Any) -> Any:
        far = 1e3 * (1 - known[..., None])
        highest, lowest = ops.max(truth - far, axis=1), ops.min(truth + far, axis=1)
        size = ops.sqrt(ops.maximum(ops.prod(highest - lowest, axis=-1), 0.0))
        if not self.between:
            return size
        first, second = self.between
        both = known[:, first] * known[:, second]
        apart = ops.sqrt(ops.sum(ops.square(truth[:, first] - truth[:, second]), axis=-1))
        # Of an image that lacks one of the two, as half of a face's size.
        return ops.where(both > 0, apart, size / 2)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"between": self.between, "name": self.name, "dtype": self.dtype}


def known_of(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    """Tell which points are known, and put predictions in place of those that are missing.

    Args:
        y_true: points, `(batch, points, 2)`; NaN where missing.
        y_pred: points, likewise.

    Returns:
        1 for a known point and 0 for a missing one, `(batch, points)`, and points without NaN.
    """
    missing = ops.isnan(y_true)
    known = ops.cast(ops.logical_not(ops.any(missing, axis=-1)), y_pred.dtype)
    # A gradient through NaN would be NaN even where it is multiplied by 0.
    return known, ops.where(missing, ops.stop_gradient(y_pred), y_true)


def errors(truth: np.ndarray, found: np.ndarray, between: Sequence[int]) -> np.ndarray:
    """Return the error of each point, in the length of its image.

    Args:
        truth: `(images, points, 2)`; NaN where missing.
        found: likewise, without missing ones.
        between: indices of two points whose distance is the length; empty for the size of all.

    Returns:
        `(images, points)`; NaN where the truth is missing, or the image has no length.
    """
    known = np.isfinite(truth).all(axis=-1)
    apart = np.where(known, np.linalg.norm(np.nan_to_num(truth) - found, axis=-1), np.nan)
    far = np.where(known[..., None], 0, np.inf)
    filled = np.nan_to_num(truth)
    sides = (filled - far).max(axis=1) - (filled + far).min(axis=1)
    length = np.sqrt(np.maximum(np.prod(np.nan_to_num(sides, neginf=0), axis=-1), 0))
    if between:
        first, second = between
        eyes = np.linalg.norm(truth[:, first] - truth[:, second], axis=-1)
        length = np.where(np.isfinite(eyes), eyes, length / 2)
    return apart / np.where(length > 1e-6, length, np.nan)[:, None]
