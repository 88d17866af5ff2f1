"""VGG: blocks of 3 x 3 convolutions, each half as high and wide as the one before and twice as
deep.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from kerasrecipes.errors import UserError

BLOCKS_16 = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))


def vgg16(
    input_shape: tuple[int, int, int],
    num_classes: int | None = 1000,
    *,
    blocks: Sequence[tuple[int, int]] = BLOCKS_16,
    dense_units: tuple[int, ...] = (4096, 4096),
    dropout_rate: float = 0.0,
    batch_normalization: bool = False,
) -> keras.Model:
    """VGG16: thirteen convolutions in five blocks, then three dense layers.

    For 224 x 224 x 3 and 1000 classes it has 138,357,544 parameters, 14,714,688 of them in the
    convolutions; names and order of its layers are those of `keras.applications.VGG16`, so that
    weights fit.

    Args:
        input_shape: `(height, width, channels)`, at least 32 x 32 with five blocks; scaled as the
            weights expect it.
        num_classes: number of classes; `None` for the feature map of the last block.
        blocks: number of filters and of convolutions of each block.
        dense_units: units of the dense layers before the last.
        dropout_rate: fraction of each dense layer's outputs to drop during training.
        batch_normalization: whether each convolution is followed by batch normalization, without
            which training from scratch is slow.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are too small for the blocks.

    Reference:
        [Very Deep Convolutional Networks for Large-Scale Image
        Recognition](https://arxiv.org/abs/1409.1556) (Simonyan and Zisserman, 2014)
    """
    least = 2 ** len(blocks)
    if min(input_shape[:2]) < least:
        raise UserError(
            f"{len(blocks)} blocks need images of at least {least} x {least} pixels, "
            f"received {input_shape}"
        )
    inputs = x = keras.Input(input_shape, name="image")
    for number, (filters, convolutions) in enumerate(blocks, start=1):
        for index in range(1, convolutions + 1):
            x = _convolution(x, filters, f"block{number}_conv{index}", batch_normalization)
        x = layers.MaxPooling2D(2, name=f"block{number}_pool")(x)
        # (batch, height / 2, width / 2, filters)
    if num_classes is None:
        return keras.Model(inputs, x, name="vgg16")
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(dense_units, start=1):
        x = layers.Dense(units, activation="relu", name=f"fc{number}")(x)
        x = layers.Dropout(dropout_rate, name=f"fc{number}_dropout")(x) if dropout_rate else x
    x = layers.Dense(num_classes, activation="softmax", dtype="float32", name="predictions")(x)
    return keras.Model(inputs, x, name="vgg16")


def _convolution(
    x: keras.KerasTensor, filters: int, name: str, normalized: bool
) -> keras.KerasTensor:
    if not normalized:
        return layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
