"""Colours of an image from its lightness, at half its size."""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers

from kerasrecipes.ranges import Count


def colorizer(
    input_shape: tuple[int, int, int],
    num_colours: int,
    *,
    method: Literal["regression", "classification"] = "regression",
    filters: Count = 16,
) -> keras.Model:
    """U-Net down to an eighth of the size and up to a half, where a pixel's colour is told.

    Args:
        input_shape: `(height, width, 1)`, lightness from 0 to 255; sides that 8 divides.
        num_colours: colours of the palette to choose from.
        method: `"regression"` gives the colour itself, `"classification"` a probability of each of
            the palette.
        filters: of the largest size; each smaller one has twice as many.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, 1)` to
        `(batch, height / 2, width / 2, 2)`, from -1 to 1, or `(…, num_colours)`.

    References:
        [Colorful Image Colorization](https://arxiv.org/abs/1603.08511) (Zhang et al., 2016);
        [U-Net](https://arxiv.org/abs/1505.04597) (Ronneberger et al., 2015)
    """
    image = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(image)
    skips = []
    for level in range(1, 4):
        # Strides in place of pooling: the largest maps are never computed at full depth.
        x = _convolved(x, filters * 2 ** (level - 1), f"down{level}_stride", strides=2)
        x = _convolved(x, filters * 2 ** (level - 1), f"down{level}")
        skips.append(x)  # (batch, height / 2 ** level, …)
    x = _convolved(x, filters * 4, "middle")
    for level in (2, 1):
        x = layers.UpSampling2D(2, name=f"up{level}_size")(x)
        x = layers.Concatenate(name=f"up{level}_join")([skips[level - 1], x])
        x = _convolved(x, filters * 2 ** (level - 1), f"up{level}")
    outputs, activation = (2, "tanh") if method == "regression" else (num_colours, "softmax")
    # Small at first, so that the first answer is grey, or any colour alike.
    small = keras.initializers.RandomNormal(stddev=0.01)
    colours = layers.Conv2D(
        outputs,
        1,
        activation=activation,
        kernel_initializer=small,
        dtype="float32",
        name="colours",
    )(x)
    return keras.Model(image, colours, name="colorizer")


def _convolved(
    x: keras.KerasTensor, filters: int, name: str, strides: int = 1
) -> keras.KerasTensor:
    x = layers.Conv2D(
        filters, 3, strides=strides, padding="same", use_bias=False, name=f"{name}_convolution"
    )(x)
    # Averages over the last ten batches: a short training has few of them.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_normalization")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
