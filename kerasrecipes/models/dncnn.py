"""DnCNN: what is wrong with an image, by convolutions at its own size."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.ranges import Count, Depth


def dncnn(
    channels: int,
    *,
    depth: Depth = 17,
    filters: Count = 64,
    batch_normalization: bool = True,
) -> keras.Model:
    """Convolutions that compute an image's error, which is taken from the image.

    Args:
        channels: of an image.
        depth: number of convolutions, 3 at least; each lets a pixel see one pixel further.
        filters: of each convolution but the last.
        batch_normalization: whether it stands between the convolutions, as in the paper.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` from 0 to 255 to the same
        shape from 0 to 1; height and width are any.

    Raises:
        ValueError: if there are fewer than 3 convolutions.

    Reference:
        [Beyond a Gaussian Denoiser: Residual Learning of Deep CNN for Image
        Denoising](https://arxiv.org/abs/1608.03981) (Zhang et al., 2017)
    """
    if depth < 3:
        raise ValueError(f"depth={depth}: the first and the last convolution, and one between them")
    image = keras.Input((None, None, channels), name="image")
    scaled = layers.Rescaling(1 / 255, name="scale")(image)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu", name="convolution_1")(scaled)
    for number in range(2, depth):
        x = layers.Conv2D(
            filters,
            3,
            padding="same",
            use_bias=not batch_normalization,
            name=f"convolution_{number}",
        )(x)
        if batch_normalization:
            x = layers.BatchNormalization(name=f"normalization_{number}")(x)
        x = layers.ReLU(name=f"relu_{number}")(x)
    error = layers.Conv2D(
        channels,
        3,
        padding="same",
        use_bias=False,
        dtype="float32",
        name="error",
    )(x)
    restored = layers.Subtract(dtype="float32", name="restored")([scaled, error])
    return keras.Model(image, restored, name="dncnn")
