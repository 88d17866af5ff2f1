"""U-Net: a class for every pixel, from what is seen at several sizes."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.models import backbones
from kerasrecipes.ranges import Count, Depth, Share


def unet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Count = 64,
    levels: Depth = 5,
    batch_normalization: bool = False,
    dropout_rate: Share = 0.0,
) -> keras.Model:
    """U-Net: down by pooling, up again by transposed convolutions, with what was seen on the way.

    With 64 filters, five levels, one channel and two classes it has 31,030,658 parameters. The
    paper's convolutions lose the border, so that its output is smaller than its input; these keep
    it, which changes no weight. Pixels from 0 to 255 are scaled to -1 … 1 inside.

    Args:
        input_shape: `(height, width, channels)`; sizes that the poolings do not divide are padded
            inside, and the output is cut to the input's size.
        num_classes: number of classes of a pixel; the head is a softmax over them.
        filters: filters of the first level; each further one has twice as many.
        levels: number of sizes at which the image is seen, each half as large as the one before.
        batch_normalization: whether each convolution is followed by batch normalization, which came
            after the paper and makes training from scratch quick.
        dropout_rate: fraction of the deepest level's values to drop during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to
        `(batch, height, width, num_classes)`.

    Raises:
        UserError: if the image is smaller than a pixel of the deepest level.

    Reference:
        [U-Net: Convolutional Networks for Biomedical Image
        Segmentation](https://arxiv.org/abs/1505.04597) (Ronneberger et al., 2015)
    """
    step = 2 ** (levels - 1)
    if min(input_shape[:2]) < step:
        raise UserError(
            f"{levels} levels need images of at least {step} x {step} pixels, "
            f"received {input_shape[0]} x {input_shape[1]}"
        )
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(inputs)
    x = _padded(x, input_shape, step)
    x = maps(x, filters, levels, batch_normalization, dropout_rate)
    return keras.Model(inputs, _head(x, input_shape, num_classes, step), name="unet")


def maps(
    x: keras.KerasTensor,
    filters: int,
    levels: int,
    batch_normalization: bool = True,
    dropout_rate: float = 0.0,
) -> keras.KerasTensor:
    """Down by pooling and up again, without a head.

    Args:
        x: `(batch, height, width, channels)`, sizes that the poolings divide.
        filters: filters of the first level; each further one has twice as many.
        levels: number of sizes at which the maps are seen.
        batch_normalization: whether each convolution is followed by it.
        dropout_rate: fraction of the deepest level's values to drop during training.

    Returns:
        `(batch, height, width, filters)`.
    """
    skips = []
    for level in range(1, levels + 1):
        if level > 1:
            x = layers.MaxPooling2D(2, name=f"down{level}_pool")(x)
        x = _block(x, filters * 2 ** (level - 1), f"down{level}", batch_normalization)
        skips.append(x)  # (batch, height / 2 ** (level - 1), …)
    if dropout_rate:
        x = layers.Dropout(dropout_rate, name="dropout")(x)
    for level in range(levels - 1, 0, -1):
        x = _up(x, filters * 2 ** (level - 1), f"up{level}")
        x = layers.Concatenate(name=f"up{level}_join")([skips[level - 1], x])
        x = _block(x, filters * 2 ** (level - 1), f"up{level}", batch_normalization)
    return x


def unet_on_base(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    base: str,
    weights: str = "pretrained",
    alpha: float | None = None,
    frozen: bool = True,
    filters: Count = 32,
    dropout_rate: Share = 0.0,
) -> keras.Model:
    """U-Net whose way down is a pretrained base.

    What the base sees at each size, before it halves it, is joined on the way up, which is new and
    has batch normalization.

    Args:
        input_shape: `(height, width, 3)`; sizes that the base does not divide are padded inside.
        num_classes: number of classes of a pixel; the head is a softmax over them.
        base: a key of `kerasrecipes.models.backbones.BASES`.
        weights: `pretrained`, `none`, or a file of weights for the base.
        alpha: width multiplier of a MobileNet, such as 0.75.
        frozen: whether the base keeps its weights.
        filters: filters of the largest size on the way up; each smaller one has twice as many.
        dropout_rate: fraction of the base's last map to drop during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, 3)` to
        `(batch, height, width, num_classes)`.

    Raises:
        UserError: if the base, its weights or its arguments are not right.

    Reference:
        [U-Net: Convolutional Networks for Biomedical Image
        Segmentation](https://arxiv.org/abs/1505.04597) (Ronneberger et al., 2015)
    """
    step = 16 if base == "small" else 32
    height, width = (-(-side // step) * step for side in input_shape[:2])
    network = backbones.base(base, (height, width, 3), weights=weights, alpha=alpha)
    taps = backbones.last_of_each_size(network)
    seer = keras.Model(network.input, taps, name=base)
    seer.trainable = not frozen
    inputs = keras.Input(input_shape, name="image")
    # Batch normalization of a base that learns sees batches; of a frozen one it keeps its own.
    skips = seer(_padded(layers.Rescaling(1.0, name="floats")(inputs), input_shape, step))
    x = skips[-1]
    if dropout_rate:
        x = layers.Dropout(dropout_rate, name="dropout")(x)
    for level in range(len(skips) - 2, -1, -1):
        count = filters * 2 ** min(level, 3)
        x = _up(x, count, f"up{level + 1}")
        x = layers.Concatenate(name=f"up{level + 1}_join")([skips[level], x])
        x = _block(x, count, f"up{level + 1}", normalized=True)
    # The base halves the size in its first layer already: one step up sees only what it brought.
    x = _block(_up(x, filters, "up0"), filters, "up0", normalized=True)
    return keras.Model(inputs, _head(x, input_shape, num_classes, step), name=f"unet_{base}")


def _missing(input_shape: tuple[int, int, int], step: int) -> tuple[int, int]:
    """Return the rows and columns that are missing to multiples of a step."""
    return -input_shape[0] % step, -input_shape[1] % step


def _padded(
    x: keras.KerasTensor, input_shape: tuple[int, int, int], step: int
) -> keras.KerasTensor:
    down, right = _missing(input_shape, step)
    return layers.ZeroPadding2D(((0, down), (0, right)), name="pad")(x) if down or right else x


def _head(
    x: keras.KerasTensor, input_shape: tuple[int, int, int], num_classes: int, step: int
) -> keras.KerasTensor:
    down, right = _missing(input_shape, step)
    if down or right:
        x = layers.Cropping2D(((0, down), (0, right)), name="cut")(x)
    # In float32 also where the layers below compute in half precision.
    return layers.Conv2D(num_classes, 1, activation="softmax", dtype="float32", name="class")(x)


def _up(x: keras.KerasTensor, filters: int, name: str) -> keras.KerasTensor:
    return layers.Conv2DTranspose(filters, 2, strides=2, name=f"{name}_transposed")(x)


def _block(x: keras.KerasTensor, filters: int, name: str, normalized: bool) -> keras.KerasTensor:
    """Two convolutions of 3 x 3."""
    for number in (1, 2):
        x = layers.Conv2D(
            filters,
            3,
            padding="same",
            use_bias=not normalized,
            kernel_initializer="he_normal",
            name=f"{name}_conv{number}",
        )(x)
        if normalized:
            # Keras's momentum of 0.99 would take a thousand steps to forget the first ones.
            x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn{number}")(x)
        x = layers.Activation("relu", name=f"{name}_relu{number}")(x)
    return x
