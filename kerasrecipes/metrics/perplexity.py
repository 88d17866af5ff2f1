"""Perplexity, the figure by which language models are told apart."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Perplexity(keras.metrics.Mean):
    """Between how many equally likely tokens a model as sure as this one would have to choose.

    It is the exponential of the mean cross-entropy in natural units; 1 is certainty, the
    vocabulary's size is chance.

    Args:
        name: of the metric.
        dtype: of its result.
    """

    def __init__(self, name: str = "perplexity", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take a batch.

        Args:
            y_true: `(batch, time)`, token numbers.
            y_pred: `(batch, time, vocabulary_size)`, probabilities.
            sample_weight: `(batch, time)` or `None`.
        """
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
        if sample_weight is not None:
            # Flat, for Keras's mean would take each row's mean first, and weigh a token by its
            # row's padding.
            losses, sample_weight = ops.reshape(losses, (-1,)), ops.reshape(sample_weight, (-1,))
        super().update_state(losses, sample_weight)

    def result(self):
        """Give the perplexity of all batches so far."""
        return ops.exp(super().result())

    def get_config(self):
        return {"name": self.name, "dtype": self.dtype}
