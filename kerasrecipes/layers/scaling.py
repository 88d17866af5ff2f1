"""Scaling of pixels as networks that were trained with Caffe expect it."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

# Means of ImageNet's blue, green and red, which the weights of VGG and ResNet were trained with.
MEANS = (103.939, 116.779, 123.68)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BlueGreenRed(layers.Layer):
    """Channels in the order blue, green, red, each minus its mean over ImageNet.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, height, width, 3)`, red, green, blue from 0 to 255, bytes or floats.

    Output shape:
        The same, as floats.

    Reference:
        [Very Deep Convolutional Networks for Large-Scale Image
        Recognition](https://arxiv.org/abs/1409.1556) (Simonyan and Zisserman, 2014)
    """

    def __init__(self, **options: Any):
        super().__init__(autocast=False, **options)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        """Return the specification of the output, whose shape is the input's."""
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def call(self, inputs: Any) -> Any:
        """Return the scaled images, `(batch, height, width, 3)`."""
        colours = ops.cast(inputs, self.compute_dtype)
        return ops.flip(colours, axis=-1) - ops.convert_to_tensor(MEANS, dtype=self.compute_dtype)
