"""Accuracy of tags, one per word."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TagAccuracy(keras.metrics.Mean):
    """The share of words with the right tag, of those whose label is not negative.

    Every word counts the same. Keras's own accuracy averages over each sentence first, padding
    included, so that what a word counts depends on the company that its sentence is padded in.
    """

    def __init__(self, name: str = "accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch: labels `(batch, time)`, probabilities `(batch, time, tags)`."""
        y_true = ops.cast(y_true, "int32")
        right = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), y_true)
        weight = ops.cast(y_true >= 0, "float32")
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, "float32")
            weight = weight * (
                sample_weight[:, None] if len(sample_weight.shape) == 1 else sample_weight
            )
        return super().update_state(ops.reshape(right, (-1,)), ops.reshape(weight, (-1,)))
