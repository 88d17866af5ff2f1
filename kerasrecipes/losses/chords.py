"""Negative log-likelihood of a chord, the sum over its keys."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class ChordLikelihood(keras.losses.Loss):
    """Negative log-likelihood of each frame in nats, the sum of the cross-entropies of its keys.

    Args:
        reduction: as in `keras.losses.Loss`; the default divides by the sum of the sample weights,
            so that padding, whose weight is 0, does not make a loss look small.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.
    """

    def __init__(
        self,
        reduction: str = "mean_with_sample_weight",
        name: str = "nll",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each frame.

        Args:
            y_true: 1 where a key sounds, else 0, `(batch, time, keys)`.
            y_pred: log-odds, likewise.

        Returns:
            `(batch, time)`.
        """
        sounding = ops.cast(y_true, y_pred.dtype)
        return ops.sum(ops.softplus(y_pred) - sounding * y_pred, axis=-1)
