"""Pooling by the smallest value and by the root of the sum of squares, beside Keras's maximum and
average.
"""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers, ops

from kerasrecipes.errors import UserError

Size = int | tuple[int, int]


class _Pooling2D(layers.Layer):
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Literal["valid", "same"] = "valid",
        **options,
    ):
        super().__init__(**options)
        self.pool_size = _pair(pool_size)
        self.strides = self.pool_size if strides is None else _pair(strides)
        if padding not in ("valid", "same"):
            raise UserError(f"padding must be 'valid' or 'same', received '{padding}'")
        self.padding = padding

    def compute_output_shape(self, input_shape):
        batch, *sides, channels = input_shape
        pooled = [
            self._side(*numbers)
            for numbers in zip(sides, self.pool_size, self.strides, strict=True)
        ]
        return (batch, *pooled, channels)

    def _side(self, side: int | None, size: int, stride: int) -> int | None:
        if side is None:
            return None
        return -(-side // stride) if self.padding == "same" else (side - size) // stride + 1

    def get_config(self):
        config = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class MinPooling2D(_Pooling2D):
    """The smallest value of each field, channel by channel.

    Args:
        pool_size: height and width of a field.
        strides: steps between fields; by default a field's size.
        padding: `"same"` lets fields reach beyond the border, where nothing counts.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, pooled_height, pooled_width, channels)`.
    """

    def call(self, inputs):
        """Pool a batch of images."""
        options = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return -ops.max_pool(-inputs, **options, data_format="channels_last")


@keras.saving.register_keras_serializable(package="kerasrecipes")
class L2Pooling2D(_Pooling2D):
    """The length of each field as a vector, the root of the sum of its squares, channel by channel.

    Args:
        pool_size: height and width of a field.
        strides: steps between fields; by default a field's size.
        padding: `"same"` lets fields reach beyond the border, where zeros count.
        epsilon: added below the root, whose slope at zero is infinite.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, pooled_height, pooled_width, channels)`.

    Reference:
        [Convolutional Neural Networks Applied to House Numbers Digit
        Classification](https://arxiv.org/abs/1204.3968) (Sermanet et al., 2012)
    """

    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Literal["valid", "same"] = "valid",
        epsilon: float = 1e-12,
        **options,
    ):
        super().__init__(pool_size, strides, padding, **options)
        self.epsilon = epsilon

    def call(self, inputs):
        """Pool a batch of images."""
        ones = ops.ones((*self.pool_size, inputs.shape[-1], 1), dtype=inputs.dtype)
        squares = ops.depthwise_conv(
            inputs * inputs,
            ones,
            strides=self.strides,
            padding=self.padding,
            data_format="channels_last",
        )
        return ops.sqrt(squares + self.epsilon)

    def get_config(self):
        """Give the arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


def _pair(size: Size) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or min(pair) < 1:
        raise UserError(f"pooling needs a positive height and width, received {size}")
    return pair
