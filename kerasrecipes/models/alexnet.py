"""AlexNet and ZFNet: five convolutions and three dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.layers.local_response import LocalResponseNormalization
from kerasrecipes.models.widths import scaled
from kerasrecipes.ranges import Positive, Share


def alexnet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    groups: Literal[1, 2] = 2,
    width: Positive = 1.0,
    dropout_rate: Share = 0.5,
    augmentation: Sequence[layers.Layer] = (),
) -> keras.Model:
    """AlexNet: five convolutions, the first with large kernels and steps, and three dense layers.

    In two groups, as it was spread over two graphics cards that exchange what they see only before
    the third convolution and the dense layers, it has 60,965,224 parameters for 224 x 224 x 3 and
    1000 classes; in one group 62,378,344. Pixels from 0 to 255 are scaled to -1 … 1 inside.

    Args:
        input_shape: `(height, width, channels)`, at least 63 x 63; the paper's is 224 x 224 x 3.
        num_classes: number of classes; the head is a softmax over them.
        groups: 2 for two columns of filters as in the paper, 1 for a single one.
        width: factor of all numbers of filters and units; 1 is the paper's.
        dropout_rate: fraction of each dense layer's inputs to drop during training.
        augmentation: layers that augment images during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 63 x 63.

    Reference:
        [ImageNet Classification with Deep Convolutional Neural
        Networks](https://papers.nips.cc/paper/4824) (Krizhevsky et al., 2012)
    """
    _require("AlexNet", input_shape, 63)
    inputs = x = keras.Input(input_shape, name="image")
    x = _front(augmentation, x)
    x = layers.ZeroPadding2D(2, name="pad")(x)  # makes 55 of 224, as in the paper
    columns = [x] * groups
    for number, (filters, kernel, stride) in enumerate(
        ((96, 11, 4), (256, 5, 1), (384, 3, 1), (384, 3, 1), (256, 3, 1)), start=1
    ):
        if number == 3:
            # The one place in the convolutions where the columns see each other.
            columns = [_joined(columns, "exchange")] * groups
        for index, column in enumerate(columns):
            name = f"conv{number}" if groups == 1 else f"conv{number}_{index + 1}"
            padding = "valid" if number == 1 else "same"
            x = _convolution(
                column, scaled(filters // groups, width), kernel, name, stride, padding
            )
            if number <= 2:
                x = LocalResponseNormalization(name=f"{name}_norm")(x)
            if number in (1, 2, 5):
                x = layers.MaxPooling2D(3, strides=2, name=f"{name}_pool")(x)
            columns[index] = x
    # (batch, 6, 6, 256) of 224 x 224
    outputs = _dense_head(_joined(columns, "join"), num_classes, width, dropout_rate)
    return keras.Model(inputs, outputs, name="alexnet")


def zfnet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    width: Positive = 1.0,
    dropout_rate: Share = 0.5,
    augmentation: Sequence[layers.Layer] = (),
) -> keras.Model:
    """ZFNet: AlexNet with smaller kernels and steps in its first layers, which then see more.

    Pictures of what AlexNet's first filters had learned showed that a step of 4 loses what lies
    between. With 224 x 224 x 3 and 1000 classes it has 62,357,608 parameters. Pixels from 0 to 255
    are scaled to -1 … 1 inside.

    Args:
        input_shape: `(height, width, channels)`, at least 53 x 53; the paper's is 224 x 224 x 3.
        num_classes: number of classes; the head is a softmax over them.
        width: factor of all numbers of filters and units; 1 is the paper's.
        dropout_rate: fraction of each dense layer's inputs to drop during training.
        augmentation: layers that augment images during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 53 x 53.

    Reference:
        [Visualizing and Understanding Convolutional Networks](https://arxiv.org/abs/1311.2901)
        (Zeiler and Fergus, 2013)
    """
    _require("ZFNet", input_shape, 53)
    inputs = x = keras.Input(input_shape, name="image")
    x = layers.ZeroPadding2D(1, name="pad")(_front(augmentation, x))
    x = _convolution(x, scaled(96, width), 7, "conv1", 2, "valid")  # (batch, 110, 110, 96) of 224
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="conv1_pool")(x)
    x = LocalResponseNormalization(name="conv1_norm")(x)
    x = _convolution(x, scaled(256, width), 5, "conv2", 2, "valid")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="conv2_pool")(x)
    x = LocalResponseNormalization(name="conv2_norm")(x)
    for number, filters in enumerate((384, 384, 256), start=3):
        x = _convolution(x, scaled(filters, width), 3, f"conv{number}")
    x = layers.MaxPooling2D(3, strides=2, name="conv5_pool")(x)  # (batch, 6, 6, 256) of 224
    return keras.Model(inputs, _dense_head(x, num_classes, width, dropout_rate), name="zfnet")


def _require(name: str, input_shape: tuple[int, int, int], least: int) -> None:
    if min(input_shape[:2]) < least:
        raise UserError(
            f"{name} needs images of at least {least} x {least} pixels, "
            f"received {input_shape[0]} x {input_shape[1]}"
        )


def _front(augmentation: Sequence[layers.Layer], x: keras.KerasTensor) -> keras.KerasTensor:
    for layer in augmentation:
        x = layer(x)
    return layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(x)


def _convolution(
    x: keras.KerasTensor,
    filters: int,
    kernel: int,
    name: str,
    stride: int = 1,
    padding: str = "same",
) -> keras.KerasTensor:
    return layers.Conv2D(
        filters,
        kernel,
        strides=stride,
        padding=padding,
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(x)


def _joined(columns: Sequence[keras.KerasTensor], name: str) -> keras.KerasTensor:
    return columns[0] if len(columns) == 1 else layers.Concatenate(name=name)(list(columns))


def _dense_head(
    x: keras.KerasTensor, num_classes: int, width: float, dropout_rate: float
) -> keras.KerasTensor:
    x = layers.Flatten(name="flatten")(x)
    for number in (6, 7):
        x = layers.Dropout(dropout_rate, name=f"fc{number}_dropout")(x)
        x = layers.Dense(
            scaled(4096, width),
            activation="relu",
            kernel_initializer="he_normal",
            name=f"fc{number}",
        )(x)
    return layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
