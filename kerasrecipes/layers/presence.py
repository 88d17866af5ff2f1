"""Means over what is there, of inputs of which some are missing."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class MeanOfPresent(layers.Layer):
    """Mean of the features of those parts of an input that are there; 0 if none is.

    A part is missing where all of its raw input is 0, such as padding, or a photograph that there
    is not.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        Features `(batch, parts, features)`, and the raw input `(batch, parts, …)`.

    Output shape:
        `(batch, features)`.
    """

    def call(self, features: Any, raw: Any) -> Any:
        """Return the mean.

        Args:
            features: `(batch, parts, features)`.
            raw: `(batch, parts, …)`.
        """
        axes = tuple(range(2, len(raw.shape)))
        there = ops.not_equal(raw, ops.cast(0, raw.dtype))
        weight = ops.cast(ops.any(there, axis=axes) if axes else there, features.dtype)
        total = ops.sum(features * weight[..., None], axis=1)
        return total / ops.maximum(ops.sum(weight, axis=1, keepdims=True), 1.0)

    def compute_output_shape(self, features_shape: Any, raw_shape: Any = None) -> tuple[Any, ...]:
        """Return the shape of the mean."""
        return (features_shape[0], features_shape[-1])
