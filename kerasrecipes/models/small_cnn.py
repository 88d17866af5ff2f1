"""A small convolutional base that is quick on any machine, with weights trained on drawn shapes."""

from __future__ import annotations

from pathlib import Path

import keras
from keras import layers

SIZE = 64  # pixels, height and width of the images it was trained on
WEIGHTS = Path(__file__).parent.parent / "data" / "pretrained" / "small.weights.h5"

_FILTERS = (16, 32, 64, 96)


def small(inputs: keras.KerasTensor) -> keras.Model:
    """Four blocks of two convolutions, each block half as high and wide as the one before.

    It has 211,760 parameters.

    Args:
        inputs: `(batch, height, width, 3)`, 0 … 255, at least 16 x 16.

    Returns:
        An uncompiled `keras.Model` to `(batch, height / 16, width / 16, 96)`.

    Reference:
        [Batch Normalization](https://arxiv.org/abs/1502.03167) (Ioffe and Szegedy, 2015)
    """
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling", dtype="float32")(inputs)
    for number, filters in enumerate(_FILTERS, start=1):
        x = _convolution(x, filters, f"block{number}_conv1", strides=2)
        x = _convolution(x, filters, f"block{number}_conv2", strides=1)
    return keras.Model(inputs, x, name="small")


def _convolution(x: keras.KerasTensor, filters: int, name: str, strides: int) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters,
        3,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    # Keras's momentum of 0.99 would take a thousand steps to forget the first ones; from scratch a
    # few hundred have to be enough.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
