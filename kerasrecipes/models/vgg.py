"""VGG: blocks of 3 x 3 convolutions, each half as high and wide as the one before and twice as
deep.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.models import released_weights
from kerasrecipes.models.widths import scaled
from kerasrecipes.ranges import Positive, Share

FILTERS = (64, 128, 256, 512, 512)
CONVOLUTIONS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
BLOCKS_16 = tuple(zip(FILTERS, CONVOLUTIONS[16], strict=True))


def vgg(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    depth: Literal[11, 13, 16, 19] = 16,
    width: Positive = 1.0,
    dropout_rate: Share = 0.5,
    batch_normalization: bool = False,
    weights: str = "none",
    augmentation: Sequence[layers.Layer] = (),
) -> keras.Model:
    """VGG of one of the paper's depths, from pixels of 0 to 255, which are scaled to -1 … 1 inside,
    with a file of weights as these expect it.

    For 224 x 224 x 3 and 1000 classes the four have 132,863,336, 133,047,848, 138,357,544 and
    143,667,240 parameters, nine tenths of them in the dense layers.

    Args:
        input_shape: `(height, width, channels)`, at least 32 x 32; the paper's is 224 x 224 x 3.
        num_classes: number of classes; the head is a softmax over them.
        depth: number of layers with weights; the paper's A, B, D and E.
        width: factor of all numbers of filters and units; 1 is the paper's.
        dropout_rate: fraction of each dense layer's outputs to drop during training.
        batch_normalization: whether each convolution is followed by batch normalization, which came
            after the paper.
        weights: `none`, or a file to begin with: .h5 of keras.applications (16, 19), or
            .safetensors of torchvision or timm.
        augmentation: layers that augment images during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 32 x 32, or the weights do not fit.

    Reference:
        [Very Deep Convolutional Networks for Large-Scale Image
        Recognition](https://arxiv.org/abs/1409.1556) (Simonyan and Zisserman, 2014)
    """
    given = released_weights.find(weights, input_shape)
    scaling = released_weights.scaling(given, keras="caffe", torch="torch")
    filters = [scaled(count, width) for count in FILTERS]
    model = vgg16(
        input_shape,
        num_classes,
        blocks=tuple(zip(filters, CONVOLUTIONS[depth], strict=True)),
        dense_units=(scaled(4096, width),) * 2,
        dropout_rate=dropout_rate,
        batch_normalization=batch_normalization,
        front=[*augmentation, scaling],
    )
    return released_weights.load(model, given)


def vgg16(
    input_shape: tuple[int, int, int],
    num_classes: int | None = 1000,
    *,
    blocks: Sequence[tuple[int, int]] = BLOCKS_16,
    dense_units: tuple[int, ...] = (4096, 4096),
    dropout_rate: float = 0.0,
    batch_normalization: bool = False,
    front: Sequence[layers.Layer] = (),
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
        front: layers before the first convolution, such as augmentation and scaling.

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
    name = f"vgg{sum(convolutions for _, convolutions in blocks) + len(dense_units) + 1}"
    inputs = x = keras.Input(input_shape, name="image")
    for layer in front:
        x = layer(x)
    for number, (filters, convolutions) in enumerate(blocks, start=1):
        for index in range(1, convolutions + 1):
            x = _convolution(x, filters, f"block{number}_conv{index}", batch_normalization)
        x = layers.MaxPooling2D(2, name=f"block{number}_pool")(x)
        # (batch, height / 2, width / 2, filters)
    if num_classes is None:
        return keras.Model(inputs, x, name=name)
    x = layers.Flatten(name="flatten")(x)
    for number, units in enumerate(dense_units, start=1):
        x = layers.Dense(
            units, activation="relu", kernel_initializer="he_normal", name=f"fc{number}"
        )(x)
        x = layers.Dropout(dropout_rate, name=f"fc{number}_dropout")(x) if dropout_rate else x
    x = layers.Dense(num_classes, activation="softmax", dtype="float32", name="predictions")(x)
    return keras.Model(inputs, x, name=name)


def _convolution(
    x: keras.KerasTensor, filters: int, name: str, normalized: bool
) -> keras.KerasTensor:
    # Kernels drawn wider than Keras's own keep the signal through nineteen layers of ReLU.
    convolution = partial(
        layers.Conv2D, filters, 3, padding="same", kernel_initializer="he_normal", name=name
    )
    if not normalized:
        return convolution(activation="relu")(x)
    x = convolution(use_bias=False)(x)
    x = layers.BatchNormalization(name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
