"""Foley model: convolutions over frames and time, and the loudness of bands in each frame."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.ranges import Count, Share


def foley_model(
    size: int,
    bands: int,
    *,
    filters: Count = 8,
    units: Count = 64,
    reach: Count = 5,
    dropout_rate: Share = 0.2,
) -> keras.Model:
    """Convolutions over three frames at a time, and over what they see in time.

    Args:
        size: height and width of a frame, at least 8.
        bands: bands of sound.
        filters: of the first of three convolutions; each next one has twice as many.
        units: features of a frame.
        reach: frames over which the last convolution looks, half of them ahead.
        dropout_rate: fraction of the features of a frame to drop during training.

    Returns:
        An uncompiled `keras.Model`, frames `(batch, time, size, size, 1)` of any number to loudness
        `(batch, time, bands)`.

    Reference:
        [Visually Indicated Sounds](https://arxiv.org/abs/1512.08512) (Owens et al., 2016)
    """
    inputs = keras.Input((None, size, size, 1), dtype="uint8", name="frames")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    side = size
    for number in (1, 2, 3):
        many = filters * 2 ** (number - 1)
        x = layers.Conv3D(
            many, 3, strides=(1, 2, 2), padding="same", activation="relu", name=f"see_{number}"
        )(x)
        side = -(-side // 2)
    x = layers.Reshape((-1, side * side * 4 * filters), name="frame_features")(x)
    x = layers.Dense(units, activation="relu", name="frame")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    x = layers.Conv1D(units, reach, padding="same", activation="relu", name="around")(x)
    outputs = layers.Dense(bands, dtype="float32", name="loudness")(x)
    return keras.Model(inputs, outputs, name="foley_model")
