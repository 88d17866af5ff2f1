"""Channels that become pixels: how a small map is made a large one."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SubPixels(layers.Layer):
    """Rearranges each group of channels of a pixel into a square of pixels.

    Args:
        scale: height and width of the square.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, channels * scale ** 2)`; the squares' pixels, row by row, are the
        outer part of the channels.

    Output shape:
        `(batch, height * scale, width * scale, channels)`.

    Reference:
        [Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
        Convolutional Neural Network](https://arxiv.org/abs/1609.05158) (Shi et al., 2016)
    """

    def __init__(self, scale: int, **options: Any):
        super().__init__(**options)
        self.scale = scale

    def call(self, inputs: Any) -> Any:
        """Return the larger map."""
        batch, rows, columns = ops.shape(inputs)[:3]
        scale, channels = self.scale, inputs.shape[-1] // self.scale**2
        x = ops.reshape(inputs, (batch, rows, columns, scale, scale, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        return ops.reshape(x, (batch, rows * scale, columns * scale, channels))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the larger map."""
        batch, rows, columns, channels = input_shape
        rows, columns = (None if n is None else n * self.scale for n in (rows, columns))
        return (batch, rows, columns, channels // self.scale**2)

    def compute_output_spec(self, inputs: Any, **_: Any) -> Any:
        """Return shape and type of the larger map."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), dtype=inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "scale": self.scale}
