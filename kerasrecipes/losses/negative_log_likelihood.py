"""Negative log-likelihood of scores that need not sum to 1."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class NegativeLogLikelihood(keras.losses.Loss):
    """Negative logarithm of the score of the label's class.

    Of probabilities it is their cross-entropy. Keras's cross-entropy divides scores by their sum
    first; this one does not, so that of products of probabilities, as
    `kerasrecipes.layers.auxiliary.AuxiliaryClassifiers` gives, it is the sum of cross-entropies.

    Args:
        reduction: as in `keras.losses.Loss`; the default is the mean.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.
    """

    def __init__(
        self,
        reduction: str = "sum_over_batch_size",
        name: str = "negative_log_likelihood",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: class indices, `(batch,)` or `(batch, 1)`.
            y_pred: positive scores, `(batch, classes)`.

        Returns:
            `(batch,)`.
        """
        labels = ops.cast(ops.reshape(y_true, (-1, 1)), "int32")
        scores = ops.take_along_axis(y_pred, labels, axis=-1)[:, 0]
        # Below it float32 has no normal numbers, and the gradient would be infinite.
        return -ops.log(ops.maximum(scores, 1e-30))
