"""LeNet-5, the convolutional network that read the digits on cheques."""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers

from kerasrecipes.errors import UserError

Activation = Literal["tanh", "relu", "sigmoid", "leaky_relu", "elu", "selu", "gelu", "swish"]
Pooling = Literal["average", "max"]

POOLING = {"average": layers.AveragePooling2D, "max": layers.MaxPooling2D}


def lenet5(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    activation: Activation = "tanh",
    pooling: Pooling = "average",
) -> keras.Model:
    """LeNet-5: two convolutions with subsampling, then three dense layers.

    For 32 x 32 x 1 images and 10 classes it has 61,706 parameters. Inside the model pixels from 0
    to 255 are scaled to -0.1 … 1.175, the paper's levels of background and ink, for which inputs
    have mean 0 and variance 1.

    Args:
        input_shape: `(height, width, channels)`, at least 32 x 32.
        num_classes: number of classes; the head is a softmax over them.
        activation: activation function of every hidden layer.
        pooling: pooling of each 2 x 2 window, average or max.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 32 x 32.

    Reference:
        [Gradient-Based Learning Applied to Document
        Recognition](http://yann.lecun.com/exdb/publis/pdf/lecun-01a.pdf) (LeCun et al., 1998)
    """
    if min(input_shape[:2]) < 32:
        raise UserError(
            "LeNet-5 needs images of at least 32 x 32 pixels, "
            f"received {input_shape[0]} x {input_shape[1]}"
        )
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1.275 / 255, offset=-0.1, name="scale")(inputs)
    x = layers.Conv2D(6, 5, activation=activation, name="c1")(x)  # (batch, 28, 28, 6)
    x = POOLING[pooling](2, name="s2")(x)  # (batch, 14, 14, 6)
    x = layers.Conv2D(16, 5, activation=activation, name="c3")(x)  # (batch, 10, 10, 16)
    x = POOLING[pooling](2, name="s4")(x)  # (batch, 5, 5, 16)
    x = layers.Flatten(name="flatten")(x)  # (batch, 400)
    x = layers.Dense(120, activation=activation, name="c5")(x)
    x = layers.Dense(84, activation=activation, name="f6")(x)
    outputs = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return keras.Model(inputs, outputs, name="lenet5")
