"""Images to unit vectors, near each other for the same and far for others."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from kerasrecipes.models.convolutions import halved, scaled_pixels
from kerasrecipes.ranges import Count, Share


def embedder(
    input_shape: tuple[int, int, int],
    *,
    filters: tuple[Count, ...] = (32, 64, 128),
    dimension: Count = 64,
    dropout_rate: Share = 0.2,
    augmentation: Sequence[keras.Layer] = (),
) -> keras.Model:
    """Convolutions, each half as high and wide as the one before, and a unit vector.

    Where things are in a face tells whose it is, so maps are flattened rather than averaged.

    Args:
        input_shape: `(height, width, channels)`, pixels from 0 to 255.
        filters: of each convolution.
        dimension: length of the vectors.
        dropout_rate: fraction of the last map to drop during training.
        augmentation: layers that change training images at random.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, dimension)`.

    Raises:
        UserError: if the images are too small for so many convolutions.
    """
    inputs = keras.Input(input_shape, name="image")
    x = scaled_pixels(inputs, augmentation)
    x = halved(x, filters)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    x = layers.Dense(dimension, dtype="float32", name="projection")(x)
    outputs = layers.UnitNormalization(dtype="float32", name="embedding")(x)
    return keras.Model(inputs, outputs, name="embedder")
