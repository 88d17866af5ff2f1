"""Accuracy of sequences of token ids, in which padding (id 0) does not count."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TokenAccuracy(keras.metrics.Mean):
    """The share of tokens that are right, padding left out, each given all right tokens before
    it.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch: token numbers `(batch, time)`, and logits or probabilities
        `(batch, time, tokens)`.
        """
        y_true = ops.cast(y_true, "int32")
        # That the label has the highest value is cheaper to find out than which token has it.
        label = ops.squeeze(ops.take_along_axis(y_pred, ops.expand_dims(y_true, -1), axis=-1), -1)
        right = ops.cast(label >= ops.max(y_pred, axis=-1), "float32")
        words = ops.cast(ops.not_equal(y_true, 0), "float32")
        # Flat, for Keras's mean would take each row's mean first, and weigh a token by its row's
        # padding.
        return super().update_state(ops.reshape(right, (-1,)), ops.reshape(words, (-1,)))
