"""Points of an image, each by a map of where it is."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.layers.landmarks import ExpectedPlaces
from kerasrecipes.models.unet import maps
from kerasrecipes.ranges import Count, Depth, Share


def landmark_finder(
    input_shape: tuple[int, int, int],
    num_points: int,
    *,
    filters: Count = 32,
    levels: Depth = 4,
    dropout_rate: Share = 0.1,
) -> keras.Model:
    """A U-Net at half the image's size, a map for each point, and the mean place of each map.

    Args:
        input_shape: `(height, width, channels)`, pixels from 0 to 255.
        num_points: number of points.
        filters: filters at half the image's size.
        levels: number of sizes at which the image is seen, from half its own on.
        dropout_rate: fraction of the deepest level's values to drop during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_points, 2)`.

    Raises:
        UserError: if the levels do not divide the image.
    """
    step = 2**levels
    if any(side % step for side in input_shape[:2]):
        raise UserError(
            f"{levels} levels need an image_size that is a multiple of {step}, received "
            f"{input_shape[0]} x {input_shape[1]}"
        )
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(inputs)
    x = layers.Conv2D(
        filters, 4, strides=2, padding="same", kernel_initializer="he_normal", name="half"
    )(x)
    x = layers.Activation("relu", name="half_relu")(x)
    x = maps(x, filters, levels, dropout_rate=dropout_rate)
    # In float32 also where the layers below compute in half precision.
    x = layers.Conv2D(num_points, 1, dtype="float32", name="maps")(x)
    outputs = ExpectedPlaces(dtype="float32", name="points")(x)
    return keras.Model(inputs, outputs, name="landmark_finder")
