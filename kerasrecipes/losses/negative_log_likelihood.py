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
        label_smoothing: fraction of each label's probability that is spread over all classes.
        reduction: as in `keras.losses.Loss`; the default is the mean.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        reduction: str = "sum_over_batch_size",
        name: str = "negative_log_likelihood",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: class indices, `(batch,)` or `(batch, 1)`, or rows of probabilities,
                `(batch, classes)`.
            y_pred: positive scores, `(batch, classes)`.

        Returns:
            `(batch,)`.
        """
        classes = y_pred.shape[-1]
        if tuple(y_true.shape[1:]) != (classes,):
            labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
            y_true = ops.one_hot(labels, classes, dtype=y_pred.dtype)
        rows = ops.cast(y_true, y_pred.dtype)
        rows = rows * (1 - self.label_smoothing) + self.label_smoothing / classes
        # Below it float32 has no normal numbers, and the gradient would be infinite.
        return -ops.sum(rows * ops.log(ops.maximum(y_pred, 1e-30)), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
