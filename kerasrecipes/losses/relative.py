"""Loss of prices: errors of their logarithms, so that 10 % count the same for all."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

_LEAST = 1e-6  # of a price, whose logarithm is finite


@keras.saving.register_keras_serializable(package="kerasrecipes")
class RelativeHuber(keras.losses.Loss):
    """Huber's loss of the difference of logarithms, in standard deviations.

    Args:
        scale: standard deviation of the logarithm of the targets.
        delta: difference, in standard deviations, up to which it is quadratic.
        reduction: as in `keras.losses.Loss`.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [Robust Estimation of a Location Parameter](https://doi.org/10.1214/aoms/1177703732) (Huber,
        1964)
    """

    def __init__(
        self,
        scale: float = 1.0,
        delta: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str = "relative_huber",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.scale, self.delta = scale, delta

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: `(batch, 1)`, above 0.
            y_pred: `(batch, 1)`, above 0.

        Returns:
            `(batch,)`.
        """
        y_true = ops.reshape(y_true, ops.shape(y_pred))
        logs = [ops.log(ops.maximum(value, _LEAST)) for value in (y_true, y_pred)]
        error = (logs[0] - logs[1]) / self.scale
        size = ops.abs(error)
        linear = self.delta * (size - self.delta / 2)
        return ops.mean(ops.where(size <= self.delta, error * error / 2, linear), axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "scale": self.scale, "delta": self.delta}
