"""Loss of grades that have an order."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class OrdinalCrossentropy(keras.losses.Loss):
    """Mean cross-entropy of the questions whether an example is better than each grade but the
    last.

    A grade that is off by three answers three of them wrong, one that is off by one a single one.

    Args:
        reduction: as in `keras.losses.Loss`.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [Rank Consistent Ordinal Regression for Neural Networks](https://arxiv.org/abs/1901.07884)
        (Cao et al., 2020)
    """

    def __init__(
        self,
        reduction: str = "sum_over_batch_size",
        name: str = "ordinal_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: indices of the grades, `(batch,)` or `(batch, 1)`.
            y_pred: their probabilities, `(batch, grades)`.

        Returns:
            `(batch,)`.
        """
        grades = y_pred.shape[-1]
        truth = ops.reshape(ops.cast(y_true, "int32"), (-1, 1))
        better = truth > ops.arange(grades - 1, dtype="int32")  # (batch, grades - 1)
        below = ops.cumsum(y_pred, axis=-1)[:, :-1]
        # From both ends, as 1 - 0.9999999 has few digits left.
        above = ops.flip(ops.cumsum(ops.flip(y_pred, -1), axis=-1), -1)[:, 1:]
        chance = ops.where(better, above, below)
        return ops.mean(-ops.log(ops.maximum(chance, keras.config.epsilon())), axis=-1)
