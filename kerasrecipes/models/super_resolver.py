"""Super-resolution: all layers at the small image's size, and its pixels made many at the end."""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers

from kerasrecipes.layers.sub_pixels import SubPixels
from kerasrecipes.ranges import Count, Depth


def super_resolver(
    scale: int,
    *,
    architecture: Literal["residual", "espcn"] = "residual",
    filters: Count = 32,
    blocks: Depth = 4,
) -> keras.Model:
    """Convolutions at an image's size, whose last channels become the pixels of a larger image.

    Args:
        scale: height and width of the larger image over those of the small one.
        architecture: `"espcn"` has the three convolutions of the paper; `"residual"` has blocks of
            two, each of which adds to what it was given, without batch normalization.
        filters: of each convolution of `"residual"`.
        blocks: of `"residual"`.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, 1)` from 0 to 255 to
        `(batch, height * scale, width * scale, 1)` from 0 to 1; height and width are any.

    References:
        [Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel
        Convolutional Neural Network](https://arxiv.org/abs/1609.05158) (Shi et al., 2016);
        [Enhanced Deep Residual Networks for Single Image
        Super-Resolution](https://arxiv.org/abs/1707.02921) (Lim et al., 2017)
    """
    image = keras.Input((None, None, 1), name="image")
    scaled = layers.Rescaling(1 / 255, name="scale")(image)
    if architecture == "espcn":
        x = layers.Conv2D(64, 5, padding="same", activation="tanh", name="features")(scaled)
        x = layers.Conv2D(32, 3, padding="same", activation="tanh", name="mapping")(x)
    else:
        head = x = layers.Conv2D(filters, 3, padding="same", name="features")(scaled)
        for number in range(1, blocks + 1):
            inner = layers.Conv2D(
                filters, 3, padding="same", activation="relu", name=f"block_{number}_first"
            )(x)
            inner = layers.Conv2D(filters, 3, padding="same", name=f"block_{number}_second")(inner)
            x = layers.Add(name=f"block_{number}")([x, inner])
        x = layers.Add(name="body")([head, x])
    x = layers.Conv2D(scale**2, 3, padding="same", dtype="float32", name="sub_pixels")(x)
    if architecture == "residual":
        # Each square of pixels begins as copies of the one that it is made of.
        x = layers.Add(dtype="float32", name="copies")([x, scaled])
    restored = SubPixels(scale, dtype="float32", name="restored")(x)
    return keras.Model(image, restored, name="super_resolver")
