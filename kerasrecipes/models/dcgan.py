"""The networks of DCGAN, generator and discriminator, and a small classifier beside them."""

from __future__ import annotations

import math
from typing import Any, Literal

import keras
from keras import layers

from kerasrecipes.layers.spectral import SpectralConv2D, SpectralDense
from kerasrecipes.layers.strided import DoublingConv2D, HalvingConv2D
from kerasrecipes.models.image_coders import halvings

FEATURES = 32  # of the judge, in which distributions of images are compared

Normalization = Literal["auto", "batch", "layer", "spectral", "none"]


def _initial() -> dict[str, Any]:
    # The paper's: weights begin near zero, so that neither network is ahead. An initializer of
    # Keras gives the same numbers each time it is asked, so each layer has one of its own.
    return {"kernel_initializer": keras.initializers.RandomNormal(0.0, 0.02)}


def generator(
    image_shape: tuple[int, int, int], latent: int, filters: int, num_classes: int = 0
) -> keras.Model:
    """Generator: a dense layer to a small map, and transposed convolutions that double it.

    Args:
        image_shape: `(height, width, channels)`.
        latent: dimensions of a code.
        filters: of the last hidden layer; each before it has twice as many.
        num_classes: classes that are given beside the code; 0 for none.

    Returns:
        A `keras.Model`, from codes `(batch, latent)`, and classes `(batch,)`, to images from -1 to
        1.
    """
    sizes = halvings(image_shape)
    code = keras.Input((latent,), name="code")
    inputs, x = [code], code
    if num_classes:
        label = keras.Input((), dtype="int32", name="class")
        inputs.append(label)
        told = layers.Embedding(num_classes, latent, name="class_code")(label)
        x = layers.Concatenate(name="code_and_class")([code, told])
    width = filters * 2 ** max(0, len(sizes) - 2)
    x = layers.Dense(math.prod(sizes[-1]) * width, use_bias=False, name="spread", **_initial())(x)
    x = layers.Reshape((*sizes[-1], width), name="map")(x)
    x = layers.BatchNormalization(name="map_norm")(x)
    x = layers.ReLU(name="map_relu")(x)
    for number in range(len(sizes) - 2, 0, -1):
        rows, columns = sizes[number]
        width //= 2
        x = DoublingConv2D(width, 4, 2, "same", use_bias=False, name=f"up_{rows}", **_initial())(x)
        x = _cropped(x, rows, columns)
        x = layers.BatchNormalization(name=f"up_{rows}_norm")(x)
        x = layers.ReLU(name=f"up_{rows}_relu")(x)
    channels = image_shape[-1]
    if len(sizes) > 1:
        x = DoublingConv2D(channels, 4, 2, "same", use_bias=False, name="up", **_initial())(x)
        x = _cropped(x, *sizes[0])
    else:
        x = layers.Conv2D(channels, 3, padding="same", name="pixels", **_initial())(x)
    image = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model(inputs, image, name="generator")


def _cropped(x: Any, rows: int, columns: int) -> Any:
    """Crop a map whose odd side was rounded up."""
    if x.shape[1:3] == (rows, columns):
        return x
    crop = ((0, x.shape[1] - rows), (0, x.shape[2] - columns))
    return layers.Cropping2D(crop, name=f"crop_{rows}")(x)


def discriminator(
    image_shape: tuple[int, int, int],
    filters: int,
    num_classes: int = 0,
    normalization: Normalization = "batch",
) -> keras.Model:
    """Discriminator: convolutions that halve the image, and one score.

    A class is told by the inner product of the features with a vector of its own, which is added to
    the score.

    Args:
        image_shape: `(height, width, channels)`.
        filters: of the first convolution; each further one has twice as many.
        num_classes: classes that are given beside the image; 0 for none.
        normalization: of all convolutions but the first, or `spectral` of all weights.

    Returns:
        A `keras.Model`, from images from -1 to 1, and classes `(batch,)`, to scores, `(batch, 1)`.

    Reference:
        [cGANs with Projection Discriminator](https://arxiv.org/abs/1802.05637) (Miyato and Koyama,
        2018)
    """
    image = keras.Input(image_shape, name="image")
    spectral = normalization == "spectral"
    convolution = SpectralConv2D if spectral else HalvingConv2D
    dense = SpectralDense if spectral else layers.Dense
    x, steps = image, max(1, len(halvings(image_shape)) - 1)
    for number in range(steps):
        stride = 2 if len(halvings(image_shape)) > 1 else 1
        x = convolution(
            filters * 2**number,
            4,
            stride,
            "same",
            use_bias=False,
            name=f"down_{number + 1}",
            **_initial(),
        )(x)
        if number and normalization in ("batch", "layer"):
            kind = (
                layers.BatchNormalization if normalization == "batch" else layers.LayerNormalization
            )
            x = kind(name=f"down_{number + 1}_norm")(x)
        x = layers.LeakyReLU(0.2, name=f"down_{number + 1}_relu")(x)
    x = layers.Flatten(name="features")(x)
    score = dense(1, use_bias=False, dtype="float32", name="score", **_initial())(x)
    if not num_classes:
        return keras.Model([image], score, name="discriminator")
    label = keras.Input((), dtype="int32", name="class")
    vector = layers.Embedding(
        num_classes, x.shape[-1], name="class_vector", embeddings_initializer="zeros"
    )(label)
    fits = layers.Dot(axes=1, name="class_score")([x, vector])
    return keras.Model([image, label], layers.Add(name="sum")([score, fits]), name="discriminator")


def judge(image_shape: tuple[int, int, int], num_classes: int) -> keras.Model:
    """Small convolutional classifier, by whose features images are compared.

    Args:
        image_shape: `(height, width, channels)`.
        num_classes: classes that it tells apart.

    Returns:
        A `keras.Model`, from images from -1 to 1 to a dictionary: `logits`, `(batch,
        num_classes)`, and `features`, `(batch, 32)`.
    """
    image = keras.Input(image_shape, name="image")
    x = image
    for number, width in enumerate((16, 32, 64)):
        x = layers.Conv2D(width, 3, 2, "same", activation="relu", name=f"look_{number + 1}")(x)
    x = layers.Flatten(name="flatten")(x)
    features = layers.Dense(FEATURES, activation="relu", dtype="float32", name="features")(x)
    logits = layers.Dense(num_classes, dtype="float32", name="logits")(features)
    return keras.Model(image, {"logits": logits, "features": features}, name="judge")
