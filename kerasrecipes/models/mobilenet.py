"""MobileNet: convolutions taken apart into one of each channel and one across the channels."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.models import released_weights
from kerasrecipes.ranges import Positive, Share

# Filters and step of each block.
BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1),) * 5,
    *((1024, 2), (1024, 1)),
)


def mobilenet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    alpha: Positive = 1.0,
    dropout_rate: Share = 0.001,
    weights: str = "none",
    augmentation: Sequence[layers.Layer] = (),
) -> keras.Model:
    """MobileNet: thirteen blocks, each a 3 x 3 kernel for each channel and products across them.

    With 224 x 224 x 3, 1000 classes and alpha 1 it has 4,253,864 parameters. Pixels from 0 to 255
    are scaled to -1 … 1 inside. With weights of timm, steps of two pad one pixel on each side; else
    below and at the right, as in `keras.applications.MobileNet`.

    Args:
        input_shape: `(height, width, channels)`, at least 32 x 32; the paper's is 224 x 224 x 3.
        num_classes: number of classes; the head is a softmax over them.
        alpha: factor of all numbers of filters, which are rounded down; the paper's are 0.25, 0.5,
            0.75 and 1.
        dropout_rate: fraction of the features to drop before the head during training.
        weights: `none`, or a file to begin with: .h5 of keras.applications, or .safetensors of
            timm.
        augmentation: layers that augment images during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 32 x 32, or the weights do not fit.

    Reference:
        [MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
        Applications](https://arxiv.org/abs/1704.04861) (Howard et al., 2017)
    """
    if min(input_shape[:2]) < 32:
        raise UserError(
            "MobileNet needs images of at least 32 x 32 pixels, "
            f"received {input_shape[0]} x {input_shape[1]}"
        )
    given = released_weights.find(weights, input_shape)
    before = 1 if given is not None and given.layout == "torch" else 0
    inputs = x = keras.Input(input_shape, name="image")
    for layer in augmentation:
        x = layer(x)
    x = released_weights.scaling(given, keras="tf", torch="tf")(x)
    padding = "same"
    if before:
        x, padding = layers.ZeroPadding2D(1, name="conv1_pad")(x), "valid"
    filters = _filters(32, alpha)
    x = layers.Conv2D(filters, 3, strides=2, padding=padding, use_bias=False, name="conv1")(x)
    x = _activated(x, "conv1")  # (batch, height / 2, width / 2, 32)
    for number, (filters, strides) in enumerate(BLOCKS, start=1):
        x = _block(x, _filters(filters, alpha), strides, number, before)
    # (batch, height / 32, width / 32, 1024)
    x = layers.GlobalAveragePooling2D(name="pooling")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    outputs = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return released_weights.load(keras.Model(inputs, outputs, name="mobilenet"), given)


def _filters(count: int, alpha: float) -> int:
    return max(1, int(count * alpha))


def _block(
    x: keras.KerasTensor, filters: int, strides: int, number: int, before: int
) -> keras.KerasTensor:
    """A kernel for each channel, then products across the channels."""
    padding = "same"
    if strides == 2:
        name = f"conv_pad_{number}"
        x, padding = layers.ZeroPadding2D(((before, 1), (before, 1)), name=name)(x), "valid"
    name = f"conv_dw_{number}"
    x = layers.DepthwiseConv2D(3, strides=strides, padding=padding, use_bias=False, name=name)(x)
    x = _activated(x, name)
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"conv_pw_{number}")(x)
    return _activated(x, f"conv_pw_{number}")


def _activated(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    # Keras's momentum of 0.99 would take a thousand steps to forget the first ones.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)
