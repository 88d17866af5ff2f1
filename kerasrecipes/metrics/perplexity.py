"""Perplexity, the metric by which language models are compared."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Perplexity(keras.metrics.Mean):
    """Exponential of the mean cross-entropy in nats, over all tokens.

    It is the number of equally likely tokens among which a model as uncertain as this one would
    have to choose: 1 is certainty, the vocabulary's size is chance.

    Args:
        name: name of the metric.
        dtype: of its result.
    """

    def __init__(self, name: str = "perplexity", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add a batch.

        Args:
            y_true: token ids, `(batch, time)`.
            y_pred: probabilities, `(batch, time, vocabulary_size)`.
            sample_weight: `(batch, time)` or `None`.
        """
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred)
        if sample_weight is not None:
            # Flat, for Keras's mean would average each row first, and weigh a token by its row's
            # padding.
            losses, sample_weight = ops.reshape(losses, (-1,)), ops.reshape(sample_weight, (-1,))
        super().update_state(losses, sample_weight)

    def result(self) -> Any:
        """Return the perplexity of all batches so far, a scalar."""
        return ops.exp(super().result())

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}
