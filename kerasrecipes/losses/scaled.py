"""Regression losses divided by the target's standard deviation."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Scaled(keras.losses.Loss):
    """Regression loss of errors in standard deviations of the target.

    Targets and predictions stay in the user's units; the error is divided by `scale` first. So one
    learning rate suits prices in millions and lengths in metres alike, and `delta` of Huber's loss
    is a fraction of the standard deviation.

    Args:
        kind: `"mse"`, `"mae"` or `"huber"`.
        scale: standard deviation of each target, in the user's units.
        delta: absolute error, in standard deviations, up to which `"huber"` is quadratic.
        reduction: as in `keras.losses.Loss`.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [Robust Estimation of a Location Parameter](https://doi.org/10.1214/aoms/1177703732) (Huber,
        1964)
    """

    def __init__(
        self,
        kind: Literal["mse", "mae", "huber"] = "mse",
        scale: tuple[float, ...] = (1.0,),
        delta: float = 1.0,
        reduction: str = "sum_over_batch_size",
        name: str = "scaled",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.kind, self.scale, self.delta = kind, tuple(scale), delta

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: `(batch,)` or `(batch, targets)`, in the user's units.
            y_pred: `(batch, targets)`, in the user's units.

        Returns:
            `(batch,)`.
        """
        error = ops.reshape(y_true, ops.shape(y_pred)) - y_pred  # (batch, targets)
        error = error / ops.convert_to_tensor(self.scale, dtype=error.dtype)
        if self.kind == "mse":
            penalty = error * error
        elif self.kind == "mae":
            penalty = ops.abs(error)
        else:
            size = ops.abs(error)
            linear = self.delta * (size - self.delta / 2)  # as steep as the parabola at delta
            penalty = ops.where(size <= self.delta, error * error / 2, linear)
        return ops.mean(penalty, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"kind": self.kind, "scale": list(self.scale), "delta": self.delta}
        return {**super().get_config(), **own}
