"""Losses and a metric for labels -1 and +1, and losses in units of the target's spread."""

from __future__ import annotations

from typing import Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Perceptron(keras.losses.Loss):
    """The perceptron criterion: how far a wrong score lies on the wrong side, and nothing for a
    right one.

    `max(0, -y f)` for labels `y` of -1 or +1 and scores `f`. A score of exactly zero counts as
    wrong, so that learning starts from weights of zero too.

    Args:
        rule: `"loss"` counts a score of zero as wrong for both labels; `"trick"` takes the step
            function's answer, +1 at zero, so that its gradient is `-(y - step(f)) / 2`, the
            perceptron's learning rule.
        reduction: as in `keras.losses.Loss`.
        name: of the loss.

    Reference:
        [The Perceptron](https://doi.org/10.1037/h0042519) (Rosenblatt, 1958)
    """

    def __init__(
        self,
        rule: Literal["loss", "trick"] = "loss",
        reduction: str = "sum_over_batch_size",
        name: str = "perceptron",
        dtype=None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.rule = rule

    def call(self, y_true, y_pred):
        """Give each example's loss, `(batch,)`."""
        y_true = ops.reshape(y_true, ops.shape(y_pred))  # (batch, 1)
        if self.rule == "trick":
            answer = ops.where(y_pred >= 0, 1.0, -1.0)
            error = ops.cast(y_true - answer, y_pred.dtype) / 2  # -1, 0 or +1
        else:
            error = ops.where(y_true * y_pred <= 0, y_true, ops.zeros_like(y_true))
        return ops.mean(-ops.stop_gradient(error) * y_pred, axis=-1)

    def get_config(self) -> dict:
        """Give the arguments."""
        return {**super().get_config(), "rule": self.rule}


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


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SignAccuracy(keras.metrics.Mean):
    """The share of scores that lie on their label's side of zero; labels are -1 and +1."""

    def __init__(self, name: str = "sign_accuracy", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Count a batch."""
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.reshape(ops.cast(y_true, y_pred.dtype), ops.shape(y_pred))  # (batch, 1)
        right = ops.mean(ops.cast((y_pred >= 0) == (y_true > 0), "float32"), axis=-1)
        return super().update_state(right, sample_weight)


def _huber(error, delta):
    size = ops.abs(error)
    return ops.where(size <= delta, error * error / 2, delta * (size - delta / 2))


_PENALTIES = {
    "mse": lambda error, _: error * error,
    "mae": lambda error, _: ops.abs(error),
    "huber": _huber,
}
