"""Minimum and L2 pooling, beside Keras's maximum and average."""

from __future__ import annotations

from typing import Any, Literal

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
        **options: Any,
    ):
        super().__init__(**options)
        self.pool_size = _pair(pool_size)
        self.strides = self.pool_size if strides is None else _pair(strides)
        if padding not in ("valid", "same"):
            raise UserError(f"padding must be 'valid' or 'same', received '{padding}'")
        self.padding = padding

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        batch, *sides, channels = input_shape
        pooled: list[int | None] = []
        for side, size, stride in zip(sides, self.pool_size, self.strides, strict=True):
            if side is None:
                pooled.append(None)
            elif self.padding == "same":
                pooled.append(-(-side // stride))  # rounded up
            else:
                pooled.append((side - size) // stride + 1)
        return (batch, *pooled, channels)

    def get_config(self) -> dict[str, Any]:
        config = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return {**super().get_config(), **config}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class MinPooling2D(_Pooling2D):
    """Minimum of each window, channel by channel.

    Args:
        pool_size: height and width of a window in pixels.
        strides: pixels between windows; by default the window's size.
        padding: `"valid"`, or `"same"` for windows that reach beyond the border, where nothing
            counts.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, pooled_height, pooled_width, channels)`.

    Raises:
        UserError: if a size is not positive, or the padding is another.
    """

    def call(self, inputs: Any) -> Any:
        """Return the pooled images, `(batch, pooled_height, pooled_width, channels)`."""
        options = {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}
        return -ops.max_pool(-inputs, **options, data_format="channels_last")


@keras.saving.register_keras_serializable(package="kerasrecipes")
class L2Pooling2D(_Pooling2D):
    """L2 norm of each window, channel by channel: the root of the sum of squares.

    Args:
        pool_size: height and width of a window in pixels.
        strides: pixels between windows; by default the window's size.
        padding: `"valid"`, or `"same"` for windows that reach beyond the border, where zeros count.
        epsilon: added to the sum of squares, since the root's gradient at zero is infinite.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels)`.

    Output shape:
        `(batch, pooled_height, pooled_width, channels)`.

    Raises:
        UserError: if a size is not positive, or the padding is another.

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
        **options: Any,
    ):
        super().__init__(pool_size, strides, padding, **options)
        self.epsilon = epsilon

    def call(self, inputs: Any) -> Any:
        """Return the pooled images, `(batch, pooled_height, pooled_width, channels)`."""
        # A convolution with ones sums the squares of each window.
        ones = ops.ones((*self.pool_size, inputs.shape[-1], 1), dtype=inputs.dtype)
        options = {"padding": self.padding, "data_format": "channels_last"}
        squares = inputs * inputs
        if self.strides[0] == self.strides[1]:
            sums = ops.depthwise_conv(squares, ones, strides=self.strides, **options)
        else:
            # TensorFlow's kernel for processors without oneDNN's knows equal strides only.
            squares, options["padding"] = self._padded(squares), "valid"
            down, right = self.strides
            sums = ops.depthwise_conv(squares, ones, strides=1, **options)[:, ::down, ::right]
        return ops.sqrt(sums + self.epsilon)

    def _padded(self, images: Any) -> Any:
        """Add the zeros that the padding "same" means for the strides."""
        if self.padding == "valid":
            return images
        widths = [(0, 0)]
        for side, size, stride in zip(images.shape[1:3], self.pool_size, self.strides, strict=True):
            missing = max(0, (-(-side // stride) - 1) * stride + size - side)
            widths.append((missing // 2, missing - missing // 2))
        return ops.pad(images, [*widths, (0, 0)])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "epsilon": self.epsilon}


def _pair(size: Size) -> tuple[int, int]:
    pair = (size, size) if isinstance(size, int) else tuple(size)
    if len(pair) != 2 or min(pair) < 1:
        raise UserError(f"pooling needs a positive height and width, received {size}")
    return pair
