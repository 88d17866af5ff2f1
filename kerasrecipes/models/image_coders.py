"""Encoders of images to features, and decoders of codes to images, by dense layers or convolutions.

Each function returns one that is called while a functional model is built.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from keras import layers

_SMALLEST = 7  # pixels of a side that convolutions do not halve any more


def dense_encoder(units: Sequence[int], activation: str) -> Callable[[Any], Any]:
    """Return a function from images to features by dense layers of all pixels.

    Args:
        units: of each layer.
        activation: nonlinearity of each.
    """

    def encode(image: Any) -> Any:
        x = layers.Flatten(name="flatten")(image)
        for number, count in enumerate(units):
            x = layers.Dense(count, activation=activation, name=f"dense_{number + 1}")(x)
        return x

    return encode


def dense_decoder(
    units: Sequence[int], activation: str, image_shape: tuple[int, int, int]
) -> Callable[[Any, int], Any]:
    """Return a function from codes, and a number of channels, to images by dense layers.

    Args:
        units: of each layer, from the code on.
        activation: nonlinearity of each.
        image_shape: `(height, width, channels)` of the images, whose sides the outputs have.
    """
    height, width, _ = image_shape

    def decode(code: Any, channels: int) -> Any:
        x = code
        for number, count in enumerate(units):
            x = layers.Dense(count, activation=activation, name=f"dense_{number + 1}")(x)
        # Float32: sums over hundreds of pixels would lose what bfloat16 rounds away.
        x = layers.Dense(height * width * channels, dtype="float32", name="pixels")(x)
        return layers.Reshape((height, width, channels), name="image")(x)

    return decode


def halvings(image_shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return height and width of an image and after each halving, the odd ones rounded up.

    Args:
        image_shape: begins with `(height, width)`; no side is halved that is 7 pixels or less.
    """
    sizes = [(image_shape[0], image_shape[1])]
    while min(sizes[-1]) > _SMALLEST:
        sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
    return sizes


def convolutional_encoder(
    image_shape: tuple[int, int, int], filters: int, units: int, activation: str
) -> Callable[[Any], Any]:
    """Return a function from images to features by convolutions that halve the sides.

    Args:
        image_shape: `(height, width, channels)`.
        filters: of the first convolution.
        units: of the dense layer behind the convolutions.
        activation: nonlinearity of each layer.
    """
    steps = len(halvings(image_shape)) - 1

    def encode(image: Any) -> Any:
        x = image
        for number in range(max(1, steps)):
            width = filters * min(2**number, 4)
            stride = 2 if steps else 1
            x = layers.Conv2D(
                width, 4, stride, "same", activation=activation, name=f"convolution_{number + 1}"
            )(x)
        x = layers.Flatten(name="flatten")(x)
        return layers.Dense(units, activation=activation, name="dense")(x)

    return encode


def convolutional_decoder(
    image_shape: tuple[int, int, int], filters: int, units: int, activation: str
) -> Callable[[Any, int], Any]:
    """Return a function from codes, and a number of channels, to images by transposed convolutions
    that double the sides.

    Args:
        image_shape: `(height, width, channels)`, whose sides the outputs have.
        filters: of the last hidden layer; those before it have twice as many, up to 4 times.
        units: of the dense layer behind the code.
        activation: nonlinearity of each layer.
    """
    sizes = halvings(image_shape)

    def decode(code: Any, channels: int) -> Any:
        width = filters * min(2 ** max(0, len(sizes) - 2), 4)
        height_in, width_in = sizes[-1]
        x = layers.Dense(units, activation=activation, name="dense")(code)
        x = layers.Dense(height_in * width_in * width, activation=activation, name="spread")(x)
        x = layers.Reshape((height_in, width_in, width), name="map")(x)
        for number, (rows, columns) in enumerate(reversed(sizes[:-1])):
            left = len(sizes) - 2 - number
            width = filters * min(2 ** max(0, left - 1), 4)
            x = layers.Conv2DTranspose(
                width, 4, 2, "same", activation=activation, name=f"transposed_{number + 1}"
            )(x)
            if x.shape[1:3] != (rows, columns):  # an odd side was rounded up
                crop = ((0, x.shape[1] - rows), (0, x.shape[2] - columns))
                x = layers.Cropping2D(crop, name=f"crop_{number + 1}")(x)
        return layers.Conv2D(channels, 3, padding="same", dtype="float32", name="pixels")(x)

    return decode
