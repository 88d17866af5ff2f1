"""Loss of a forecast: of its mean and of its quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class ForecastLoss(keras.losses.Loss):
    """Squared error of the mean, plus the pinball loss of every quantile; gaps do not count.

    Args:
        quantiles: shares of outcomes that are to lie below each.
        reduction: as in `keras.losses.Loss`; the default is the mean over forecasts.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [Regression Quantiles](https://doi.org/10.2307/1913643) (Koenker and Bassett, 1978)
    """

    def __init__(
        self,
        quantiles: Sequence[float] = (0.1, 0.5, 0.9),
        reduction: str = "sum_over_batch_size",
        name: str = "forecast_loss",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.quantiles = tuple(quantiles)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each forecast.

        Args:
            y_true: what came, `(batch, horizon)`; NaN where it is not known.
            y_pred: mean and quantiles, `(batch, horizon, 1 + quantiles)`.

        Returns:
            `(batch,)`.
        """
        there = ops.logical_not(ops.isnan(y_true))
        # Before any difference: the gradient through a NaN is one, also where it is left out.
        truth = ops.where(there, y_true, ops.zeros_like(y_true))[..., None]
        weights = ops.cast(there, y_pred.dtype)[..., None]
        count = ops.maximum(ops.sum(weights, axis=(1, 2)), 1.0)
        shares = ops.reshape(ops.convert_to_tensor(self.quantiles, y_pred.dtype), (1, 1, -1))
        missed = truth - y_pred[..., 1:]
        pinball = ops.maximum(shares * missed, (shares - 1) * missed)
        squared = (truth - y_pred[..., :1]) ** 2
        # Of many quantiles the mean, so that they count as much as the squared error.
        each = squared + 2 * ops.mean(pinball, axis=-1, keepdims=True)
        return ops.sum(weights * each, axis=(1, 2)) / count

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "quantiles": list(self.quantiles)}
