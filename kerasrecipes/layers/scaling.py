"""Scaling of pixels as networks that were trained elsewhere expect it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import keras
from keras import layers, ops

# Means of ImageNet's blue, green and red, which the weights of VGG and ResNet were trained with.
MEANS = (103.939, 116.779, 123.68)
# Of its red, green and blue as shares, by which torchvision standardizes.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

Scaling = Literal["caffe", "tf", "torch", "own"]


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

    def get_config(self) -> dict[str, Any]:
        """Return the arguments; Keras's own configuration of such layers lacks the name."""
        return {**super().get_config(), "name": self.name}

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        """Return the specification of the output, whose shape is the input's."""
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def call(self, inputs: Any) -> Any:
        """Return the scaled images, `(batch, height, width, 3)`."""
        colours = ops.cast(inputs, self.compute_dtype)
        return ops.flip(colours, axis=-1) - ops.convert_to_tensor(MEANS, dtype=self.compute_dtype)


def scaling_layer(scaling: Scaling, name: str = "scaling") -> layers.Layer:
    """Return the layer that scales pixels from 0 to 255 as a network expects them, in float32.

    Args:
        scaling: `caffe` is blue, green, red minus their means, `tf` is -1 … 1, `torch` is red,
            green, blue standardized by mean and deviation, `own` leaves them to the network.
        name: of the layer.
    """
    if scaling == "caffe":
        return BlueGreenRed(name=name, dtype="float32")
    if scaling == "tf":
        return layers.Rescaling(1 / 127.5, offset=-1.0, name=name, dtype="float32")
    if scaling == "torch":
        return standardization(MEAN, DEVIATION, name)
    return layers.Rescaling(1.0, name=name, dtype="float32")  # from bytes to floats


def standardization(
    mean: Sequence[float], deviation: Sequence[float], name: str = "scaling"
) -> layers.Layer:
    """Return the layer that standardizes pixels from 0 to 255, in float32.

    Args:
        mean: of each channel, as a share of 255.
        deviation: likewise.
        name: of the layer.
    """
    scale = [1 / (255 * std) for std in deviation]
    offset = [-m / std for m, std in zip(mean, deviation, strict=True)]
    return layers.Rescaling(scale, offset=offset, name=name, dtype="float32")
