"""GoogLeNet: modules of convolutions of several sizes side by side."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.layers.auxiliary import AuxiliaryClassifiers
from kerasrecipes.layers.local_response import LocalResponseNormalization
from kerasrecipes.models.widths import scaled
from kerasrecipes.ranges import CountOrZero, Penalty, Positive, Share

# Filters of 1 x 1; before and of 3 x 3; before and of 5 x 5; behind the pooling. A pooling stands
# before 4a and 5a; auxiliary heads see what comes out of 4a and 4d.
MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
AUXILIARY = ("4a", "4d")
PAPER = (2, 5, 2)


def googlenet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    modules: tuple[CountOrZero, ...] = PAPER,
    auxiliary_weight: Penalty = 0.3,
    width: Positive = 1.0,
    dropout_rate: Share = 0.4,
    augmentation: Sequence[layers.Layer] = (),
) -> keras.Model:
    """GoogLeNet: nine modules, each with kernels of 1, 3 and 5 pixels and a pooling side by side.

    With 224 x 224 x 3 and 1000 classes it has 13,378,280 parameters, 6,379,728 of them in two
    auxiliary heads, which bring a gradient into its middle during training and have no say in an
    answer; it is trained with `losses.negative_log_likelihood.NegativeLogLikelihood`. Pixels from 0
    to 255 are scaled to -1 … 1 inside.

    Args:
        input_shape: `(height, width, channels)`, at least 65 x 65, without auxiliary heads 32 x 32;
            the paper's is 224 x 224 x 3.
        num_classes: number of classes; the head is a softmax over them.
        modules: how many modules at an eighth, a sixteenth and a thirty-second of the size, at most
            2, 5 and 2, which are the paper's; with fewer than four in the middle there is one
            auxiliary head.
        auxiliary_weight: weight of each auxiliary head's loss; 0 leaves the heads out.
        width: factor of all numbers of filters and units; 1 is the paper's.
        dropout_rate: fraction of the features to drop before the head during training; the paper's
            0.7 before the auxiliary ones stays.
        augmentation: layers that augment images during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are too small, or there are not so many modules.

    Reference:
        [Going Deeper with Convolutions](https://arxiv.org/abs/1409.4842) (Szegedy et al., 2014)
    """
    # Auxiliary heads pool windows of 5 x 5 at a sixteenth of the size, which is rounded up.
    least = 65 if auxiliary_weight else 32
    if min(input_shape[:2]) < least:
        hint = ", or auxiliary_weight=0" if auxiliary_weight else ""
        raise UserError(
            f"GoogLeNet needs images of at least {least} x {least} pixels{hint}; "
            f"received {input_shape[0]} x {input_shape[1]}"
        )
    if len(modules) != 3 or any(n > most for n, most in zip(modules, PAPER, strict=True)):
        raise UserError(
            f"modules={','.join(map(str, modules))}: expected three numbers, at most 2, 5 and 2"
        )
    inputs = x = keras.Input(input_shape, name="image")
    for layer in augmentation:
        x = layer(x)
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(x)
    x = _stem(x, width)  # (batch, height / 8, width / 8, 192)
    heads = []
    for name, filters in MODULES.items():
        if "abcde".index(name[1]) >= modules[int(name[0]) - 3]:
            continue
        if name in ("4a", "5a"):
            x = layers.MaxPooling2D(3, strides=2, padding="same", name=f"pool{name[0]}")(x)
        x = _module(x, [scaled(count, width) for count in filters], name)
        if auxiliary_weight and name in AUXILIARY:
            heads.append(_auxiliary(x, num_classes, width, f"auxiliary_{name}"))
    x = layers.GlobalAveragePooling2D(name="pooling")(x)  # (batch, 1024)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    last = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    if heads:
        last = AuxiliaryClassifiers(auxiliary_weight, dtype="float32", name="heads")([last, *heads])
    return keras.Model(inputs, last, name="googlenet")


def _stem(x: keras.KerasTensor, width: float) -> keras.KerasTensor:
    """Two convolutions, reduced to an eighth of the height and width."""
    x = _convolution(x, scaled(64, width), 7, "conv1", strides=2)
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="pool1")(x)
    x = LocalResponseNormalization(bias=1.0, name="norm1")(x)
    x = _convolution(x, scaled(64, width), 1, "conv2_reduce")
    x = _convolution(x, scaled(192, width), 3, "conv2")
    x = LocalResponseNormalization(bias=1.0, name="norm2")(x)
    return layers.MaxPooling2D(3, strides=2, padding="same", name="pool2")(x)


def _module(x: keras.KerasTensor, filters: Sequence[int], name: str) -> keras.KerasTensor:
    """Four ways side by side; 1 x 1 convolutions before the large kernels make them cheap."""
    one, before_three, three, before_five, five, pooled = filters
    lead = f"inception_{name}"
    ways = [
        _convolution(x, one, 1, f"{lead}_1x1"),
        _convolution(
            _convolution(x, before_three, 1, f"{lead}_3x3_reduce"), three, 3, f"{lead}_3x3"
        ),
        _convolution(_convolution(x, before_five, 1, f"{lead}_5x5_reduce"), five, 5, f"{lead}_5x5"),
        _convolution(
            layers.MaxPooling2D(3, strides=1, padding="same", name=f"{lead}_pool")(x),
            pooled,
            1,
            f"{lead}_pool_proj",
        ),
    ]
    return layers.Concatenate(name=lead)(ways)


def _auxiliary(
    x: keras.KerasTensor, num_classes: int, width: float, name: str
) -> keras.KerasTensor:
    x = layers.AveragePooling2D(5, strides=3, name=f"{name}_pool")(x)  # (batch, 4, 4, …) of 224
    x = _convolution(x, scaled(128, width), 1, f"{name}_conv")
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(scaled(1024, width), activation="relu", name=f"{name}_fc")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(num_classes, activation="softmax", dtype="float32", name=f"{name}_class")(x)


def _convolution(
    x: keras.KerasTensor, filters: int, kernel: int, name: str, strides: int = 1
) -> keras.KerasTensor:
    return layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(x)
