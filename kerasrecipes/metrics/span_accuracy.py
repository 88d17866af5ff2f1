"""Accuracy of spans, of which both ends must be right."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SpanAccuracy(keras.metrics.Mean):
    """Share of the examples of which the first and the last entry are the most probable ones.

    Args:
        name: name of the metric.
        dtype: of its result.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: first and last entry, `(batch, 2)`.
            y_pred: probabilities, `(batch, time, 2)`.
            sample_weight: `(batch,)` or `None`.

        Returns:
            What `keras.metrics.Mean` returns.
        """
        best = ops.cast(ops.argmax(y_pred, axis=1), "int32")  # (batch, 2)
        right = ops.all(ops.equal(best, ops.cast(y_true, "int32")), axis=-1)
        return super().update_state(ops.cast(right, "float32"), sample_weight)
