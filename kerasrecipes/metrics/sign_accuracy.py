"""Accuracy of labels -1 and +1."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SignAccuracy(keras.metrics.Mean):
    """The share of scores that lie on their label's side of zero; labels are -1 and +1."""

    def __init__(self, name: str = "sign_accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch."""
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.reshape(ops.cast(y_true, y_pred.dtype), ops.shape(y_pred))  # (batch, 1)
        right = ops.mean(ops.cast((y_pred >= 0) == (y_true > 0), "float32"), axis=-1)
        return super().update_state(right, sample_weight)
