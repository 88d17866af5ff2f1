"""Accuracy of sequences of token ids, in which padding (id 0) does not count."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TokenAccuracy(keras.metrics.Mean):
    """Fraction of tokens predicted correctly, given the correct tokens before; padding left out.

    Args:
        name: name of the metric.
        dtype: of its result.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: token ids, `(batch, time)`.
            y_pred: logits or probabilities, `(batch, time, vocabulary_size)`.
            sample_weight: not used; which tokens count follows from `y_true`.

        Returns:
            What `keras.metrics.Mean` returns.
        """
        y_true = ops.cast(y_true, "int32")
        # Whether the label has the highest value is cheaper to compute than which token has it.
        label = ops.squeeze(ops.take_along_axis(y_pred, ops.expand_dims(y_true, -1), axis=-1), -1)
        correct = ops.cast(label >= ops.max(y_pred, axis=-1), "float32")
        weights = ops.cast(ops.not_equal(y_true, 0), "float32")
        # Flat, for Keras's mean would average each row first, and weigh a token by its row's
        # padding.
        return super().update_state(ops.reshape(correct, (-1,)), ops.reshape(weights, (-1,)))
