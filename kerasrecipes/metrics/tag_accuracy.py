"""Accuracy of tags, one per word."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TagAccuracy(keras.metrics.Mean):
    """Fraction of words with the correct tag, of those whose label is not negative.

    Every word counts the same. Keras's own accuracy averages over each sentence first, padding
    included, so that the weight of a word depends on the sentences in its batch.

    Args:
        name: name of the metric.
        dtype: of its result.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: tag indices, `(batch, time)`, negative for padding.
            y_pred: probabilities, `(batch, time, tags)`.
            sample_weight: `(batch,)`, `(batch, time)` or `None`.

        Returns:
            What `keras.metrics.Mean` returns.
        """
        y_true = ops.cast(y_true, "int32")
        correct = ops.equal(ops.cast(ops.argmax(y_pred, axis=-1), "int32"), y_true)
        weights = ops.cast(y_true >= 0, "float32")
        if sample_weight is not None:
            sample_weight = ops.cast(sample_weight, "float32")
            by_sentence = len(sample_weight.shape) == 1
            weights = weights * (sample_weight[:, None] if by_sentence else sample_weight)
        return super().update_state(ops.reshape(correct, (-1,)), ops.reshape(weights, (-1,)))
