"""A block of WaveNet: a dilated causal convolution, a gate, and ways to the next block and out."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class GatedBlock(layers.Layer):
    """Convolution of each step with one before it, `tanh · sigmoid`, and two products of that: what
    is added to the input, and what goes out.

    Args:
        skip: features that go out.
        dilation: how many steps before the other one is.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, channels)`, and of a class `(batch, features)`.

    Output shape:
        `(batch, time, channels)` and `(batch, time, skip)`.

    Reference:
        [WaveNet: A Generative Model for Raw Audio](https://arxiv.org/abs/1609.03499) (van den Oord
        et al., 2016)
    """

    def __init__(self, skip: int, dilation: int, **options: Any):
        super().__init__(**options)
        self.skip, self.dilation = skip, dilation

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        channels, told = input_shape[0][-1], input_shape[1][-1]
        # By two matrices rather than a convolution, which processors dilate slowly.
        self.now = self.add_weight(shape=(channels, 2 * channels), name="now")
        self.past = self.add_weight(shape=(channels, 2 * channels), name="past")
        self.told = self.add_weight(shape=(told, 2 * channels), name="told")
        self.bias = self.add_weight(shape=(2 * channels,), initializer="zeros", name="bias")
        self.out = self.add_weight(shape=(channels, channels + self.skip), name="out")
        self.out_bias = self.add_weight(
            shape=(channels + self.skip,), initializer="zeros", name="out_bias"
        )
        self.built = True

    def call(self, inputs: Any) -> tuple[Any, Any]:
        """Return the next block's input, and what goes out."""
        x, told = inputs
        before = ops.pad(ops.matmul(x, self.past), ((0, 0), (self.dilation, 0), (0, 0)))
        before = before[:, : ops.shape(x)[1]]
        bias = ops.expand_dims(ops.matmul(told, self.told), 1) + self.bias
        tanh, sigmoid = ops.split(ops.matmul(x, self.now) + before + bias, 2, axis=-1)
        outputs = ops.matmul(ops.tanh(tanh) * ops.sigmoid(sigmoid), self.out) + self.out_bias
        channels = x.shape[-1]
        return x + outputs[..., :channels], outputs[..., channels:]

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shapes of both outputs."""
        return input_shape[0], (*input_shape[0][:-1], self.skip)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "skip": self.skip, "dilation": self.dilation}
