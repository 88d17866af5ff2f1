"""Scaling of a window by its own values, undone at the model's end."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

Normalization = Literal["window", "last", "none"]
_SMALLEST = 1e-2  # spread of a window that hardly changes


@keras.saving.register_keras_serializable(package="kerasrecipes")
class WindowScale(keras.layers.Layer):
    """Centre and spread of each window: what is taken off its values, and what divides them.

    Args:
        normalization: `window` for mean and standard deviation, `last` for the last value and 1,
            `none` for 0 and 1.
        **options: further arguments of `keras.layers.Layer`.

    Reference:
        [Reversible Instance Normalization for Accurate Time-Series
        Forecasting](https://openreview.net/forum?id=cGDAkQo1C0p) (Kim et al., 2022)
    """

    def __init__(self, normalization: Normalization = "window", **options: Any):
        super().__init__(**options)
        self.normalization = normalization

    def call(self, past: Any) -> tuple[Any, Any, Any]:
        """Scale windows.

        Args:
            past: `(batch, rows)`.

        Returns:
            Scaled values `(batch, rows)`, centres and spreads `(batch, 1)`.
        """
        centre, spread = ops.zeros_like(past[:, :1]), ops.ones_like(past[:, :1])
        if self.normalization == "window":
            centre = ops.mean(past, axis=1, keepdims=True)
            spread = ops.std(past, axis=1, keepdims=True) + _SMALLEST
        elif self.normalization == "last":
            centre = past[:, -1:]
        return (past - centre) / spread, centre, spread

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> Any:
        """Return the shapes of values, centres and spreads."""
        return shape, (shape[0], 1), (shape[0], 1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "normalization": self.normalization}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class WindowUnscale(keras.layers.Layer):
    """Brings forecasts of a scaled window back to the window's own range."""

    def call(self, parts: list[Any]) -> Any:
        """Undo the scaling.

        Args:
            parts: forecasts `(batch, horizon, outputs)`, centres and spreads `(batch, 1)`.

        Returns:
            `(batch, horizon, outputs)`.
        """
        forecasts, centre, spread = parts
        return forecasts * ops.expand_dims(spread, -1) + ops.expand_dims(centre, -1)

    def compute_output_shape(self, shapes: list[Any]) -> Any:
        """Return the shape of the forecasts."""
        return tuple(shapes[0])
