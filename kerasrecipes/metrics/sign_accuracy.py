"""Accuracy of labels -1 and +1."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SignAccuracy(keras.metrics.Mean):
    """Fraction of scores with their label's sign, for labels -1 and +1; a score of 0 counts as +1.

    Args:
        name: name of the metric.
        dtype: of its result.
    """

    def __init__(self, name: str = "sign_accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: labels, `(batch,)` or `(batch, 1)`.
            y_pred: scores, `(batch, 1)`.
            sample_weight: `(batch,)` or `None`.

        Returns:
            What `keras.metrics.Mean` returns.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.reshape(ops.cast(y_true, y_pred.dtype), ops.shape(y_pred))  # (batch, 1)
        correct = ops.mean(ops.cast((y_pred >= 0) == (y_true > 0), "float32"), axis=-1)
        return super().update_state(correct, sample_weight)
