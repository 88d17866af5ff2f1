"""Perceptron criterion, for labels -1 and +1."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Perceptron(keras.losses.Loss):
    """Perceptron criterion: the distance of a wrong score from zero, and 0 for a right one.

    `max(0, -y f)` for labels `y` of -1 or +1 and scores `f`. A score of exactly zero counts as
    wrong, so that learning starts from weights of zero too.

    Args:
        rule: `"loss"` counts a score of zero as wrong for both labels; `"trick"` takes the output
            of the step function, +1 at zero, so that its gradient is `-(y - step(f)) / 2`, the
            perceptron's learning rule.
        reduction: as in `keras.losses.Loss`.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [The Perceptron](https://doi.org/10.1037/h0042519) (Rosenblatt, 1958)
    """

    def __init__(
        self,
        rule: Literal["loss", "trick"] = "loss",
        reduction: str = "sum_over_batch_size",
        name: str = "perceptron",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.rule = rule

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: labels -1 or +1, `(batch,)` or `(batch, 1)`.
            y_pred: scores, `(batch, 1)`.

        Returns:
            `(batch,)`.
        """
        y_true = ops.reshape(y_true, ops.shape(y_pred))  # (batch, 1)
        if self.rule == "trick":
            step = ops.where(y_pred >= 0, 1.0, -1.0)
            error = ops.cast(y_true - step, y_pred.dtype) / 2  # -1, 0 or +1
        else:
            error = ops.where(y_true * y_pred <= 0, y_true, ops.zeros_like(y_true))
        # The error is a constant to the gradient, which the rule has as error times input.
        return ops.mean(-ops.stop_gradient(error) * y_pred, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "rule": self.rule}
