"""Loss of the two ends of a span."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


def chances_of(y_true: Any, y_pred: Any) -> Any:
    """Return the probability of each true end.

    Args:
        y_true: first and last entry, `(batch, 2)`.
        y_pred: probabilities of each entry to be the one or the other, `(batch, time, 2)`.

    Returns:
        `(batch, 2)`.
    """
    ends = ops.cast(y_true, "int32")  # (batch, 2)
    places = ops.expand_dims(ops.arange(ops.shape(y_pred)[1], dtype="int32"), -1)  # (time, 1)
    there = ops.equal(ops.expand_dims(ends, 1), places)  # (batch, time, 2)
    return ops.sum(y_pred * ops.cast(there, y_pred.dtype), axis=1)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SpanCrossentropy(keras.losses.Loss):
    """Mean cross-entropy of a span's first and last entry.

    Args:
        reduction: as in `keras.losses.Loss`.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.
    """

    def __init__(
        self,
        reduction: str = "sum_over_batch_size",
        name: str = "span_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: first and last entry, `(batch, 2)`.
            y_pred: probabilities, `(batch, time, 2)`.

        Returns:
            `(batch,)`.
        """
        chances = ops.maximum(chances_of(y_true, y_pred), keras.config.epsilon())
        return ops.mean(-ops.log(chances), axis=-1)
