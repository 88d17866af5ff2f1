"""Images to unit vectors, near each other for the same and far for others."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.models import augmentation as augmentations
from kerasrecipes.models.convolutions import halved
from kerasrecipes.ranges import Count, Probability, Share


def embedder(
    input_shape: tuple[int, int, int],
    *,
    filters: tuple[Count, ...] = (32, 64, 128),
    dimension: Count = 64,
    dropout_rate: Share = 0.2,
    flip: bool = False,
    shift: Probability = 0.0,
    rotation: Probability = 0.0,
    zoom: Probability = 0.0,
    brightness: Probability = 0.0,
    contrast: Probability = 0.0,
) -> keras.Model:
    """Convolutions, each half as high and wide as the one before, and a unit vector.

    Where things are in a face tells whose it is, so maps are flattened rather than averaged.

    Args:
        input_shape: `(height, width, channels)`, pixels from 0 to 255.
        filters: of each convolution.
        dimension: length of the vectors.
        dropout_rate: fraction of the last map to drop during training.
        flip: whether to flip training images at random, left to right.
        shift: fraction of height and width by which to shift training images at random.
        rotation: largest random rotation of training images, as a fraction of a full turn.
        zoom: largest random zoom in or out of training images, as a fraction.
        brightness: largest random change of brightness of training images, as a fraction of white.
        contrast: largest random change of contrast of training images, as a fraction.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, dimension)`.

    Raises:
        UserError: if the images are too small for so many convolutions.
    """
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1.0, dtype="float32", name="floats")(inputs)
    for layer in augmentations.augmentation(
        flip=flip,
        shift=shift,
        rotation=rotation,
        zoom=zoom,
        brightness=brightness,
        contrast=contrast,
    ):
        x = layer(x)
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling")(x)
    x = halved(x, filters)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    x = layers.Dense(dimension, dtype="float32", name="projection")(x)
    outputs = layers.UnitNormalization(dtype="float32", name="embedding")(x)
    return keras.Model(inputs, outputs, name="embedder")
