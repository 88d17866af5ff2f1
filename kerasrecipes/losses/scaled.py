"""Regression losses divided by the target's standard deviation."""

from __future__ import annotations

from typing import Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Scaled(keras.losses.Loss):
    """A regression loss in units of the target's spread.

    Targets and answers stay in the user's units; the error is divided by `scale` first. So one
    learning rate suits prices in millions and lengths in metres alike, and Huber's corner lies at a
    spread's share.

    Args:
        kind: `"mse"`, `"mae"` or `"huber"`.
        scale: the spread of each target, such as its standard deviation.
        delta: the error, in spreads, up to which `"huber"` is a parabola.
        reduction: as in `keras.losses.Loss`.
        name: of the loss.

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
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.kind, self.scale, self.delta = kind, tuple(scale), delta

    def call(self, y_true, y_pred):
        """Give each example's loss, `(batch,)`."""
        error = ops.reshape(y_true, ops.shape(y_pred)) - y_pred  # (batch, targets)
        error = error / ops.convert_to_tensor(self.scale, dtype=error.dtype)
        return ops.mean(_PENALTIES[self.kind](error, self.delta), axis=-1)

    def get_config(self) -> dict:
        """Give the arguments."""
        return {
            **super().get_config(),
            "kind": self.kind,
            "scale": list(self.scale),
            "delta": self.delta,
        }


def _huber(error, delta):
    size = ops.abs(error)
    return ops.where(size <= delta, error * error / 2, delta * (size - delta / 2))


_PENALTIES = {
    "mse": lambda error, _: error * error,
    "mae": lambda error, _: ops.abs(error),
    "huber": _huber,
}
