"""Convolutions that several small models begin with."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from kerasrecipes.errors import UserError


def halved(x: keras.KerasTensor, filters: Sequence[int], prefix: str = "") -> keras.KerasTensor:
    """Convolutions with batch normalization, each followed by pooling that halves the maps.

    Args:
        x: `(batch, height, width, channels)`.
        filters: of each convolution.
        prefix: before the layers' names, where a model has two of them.

    Returns:
        `(batch, height / 2 ** len(filters), …, filters[-1])`.

    Raises:
        UserError: if the maps are too small to be halved so often.
    """
    height, width = x.shape[1:3]
    if min(height, width) < 2 ** len(filters):
        raise UserError(
            f"images of {height} x {width} pixels cannot be halved {len(filters)} times; give "
            "fewer filters or a larger image_size"
        )
    for number, count in enumerate(filters, start=1):
        name = f"{prefix}block{number}"
        x = layers.Conv2D(
            count,
            3,
            padding="same",
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        # Keras's momentum of 0.99 would take a thousand steps to forget the first ones.
        x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
        x = layers.Activation("relu", name=f"{name}_relu")(x)
        x = layers.MaxPooling2D(name=f"{name}_pooling")(x)
    return x


def scaled_pixels(
    inputs: keras.KerasTensor, augmentation: Sequence[keras.Layer] = ()
) -> keras.KerasTensor:
    """Augment pixels in the training, and scale them.

    Args:
        inputs: `(batch, height, width, channels)`, pixels from 0 to 255.
        augmentation: layers that change images at random.

    Returns:
        The same shape, -1 to 1.
    """
    # Augmentation computes with fractions, which bytes and half precision have not.
    x = layers.Rescaling(1.0, dtype="float32", name="floats")(inputs)
    for layer in augmentation:
        x = layer(x)
    return layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling")(x)
