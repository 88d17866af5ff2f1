"""Residual networks: blocks whose output is added to their input."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Literal

import keras
from keras import layers, regularizers

from kerasrecipes.errors import UserError
from kerasrecipes.models import released_weights
from kerasrecipes.ranges import Depth, Penalty

BLOCKS_50 = (3, 4, 6, 3)
BOTTLENECKED = {50: BLOCKS_50, 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
BASIC = {18: (2, 2, 2, 2), 34: BLOCKS_50}

_normalization = partial(layers.BatchNormalization, epsilon=1.001e-5)
# Keras's momentum of 0.99 would take a thousand steps to forget the first ones.
_small_normalization = partial(layers.BatchNormalization, momentum=0.9, epsilon=1e-5)


def resnet(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    depth: Depth,
    l2: Penalty = 0.0,
    weights: str = "none",
    augmentation: Sequence[layers.Layer] = (),
) -> keras.Model:
    """Residual network of a depth: for small images 6 n + 2, for large ones 18, 34, 50, 101 or 152.

    Pixels from 0 to 255 are scaled to -1 … 1 inside the model, with a file of weights as these
    expect it; with weights of torchvision or timm, blocks of three convolutions halve the size in
    their second one, not in the paper's first.

    Args:
        input_shape: `(height, width, channels)`, at least 8 x 8, for those for large images
            32 x 32.
        num_classes: number of classes; the head is a softmax over them.
        depth: number of layers: 20, 32, 44, 56, 110, or 18, 34, 50, 101, 152 for large images.
        l2: L2 regularization factor of the kernels, not of the depths from 50.
        weights: `none`, or a file to begin with: .h5 of keras.applications (50, 101, 152), or
            .safetensors of torchvision or timm (also 18, 34).
        augmentation: layers that augment images during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if there is no network of this depth, the images are too small for it, or the
            weights do not fit.

    Reference:
        [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385) (He et al.,
        2015)
    """
    given = released_weights.find(weights, input_shape)
    front = [*augmentation, released_weights.scaling(given, keras="caffe", torch="torch")]
    if depth in BASIC:
        model = resnet_basic(input_shape, num_classes, blocks=BASIC[depth], l2=l2, front=front)
    elif depth not in BOTTLENECKED:
        model = resnet_cifar(input_shape, num_classes, depth=depth, l2=l2, front=front)
    elif l2:
        raise UserError(f"l2={l2}: the network of depth {depth} takes --weight-decay instead")
    else:
        model = resnet50(
            input_shape,
            num_classes,
            blocks=BOTTLENECKED[depth],
            halving=2 if given is not None and given.layout == "torch" else 1,
            front=front,
        )
    return released_weights.load(model, given)


def resnet50(
    input_shape: tuple[int, int, int],
    num_classes: int | None = 1000,
    *,
    blocks: Sequence[int] = BLOCKS_50,
    halving: Literal[1, 2] = 1,
    front: Sequence[layers.Layer] = (),
) -> keras.Model:
    """ResNet50: sixteen bottleneck blocks in four stages, then global pooling and a dense layer.

    For 1000 classes it has 25,636,712 parameters, 23,587,712 of them below the head; names and
    order of its layers are those of `keras.applications.ResNet50`, so that weights fit; other
    numbers of blocks make its deeper siblings.

    Args:
        input_shape: `(height, width, channels)`, at least 32 x 32; scaled as the weights expect it.
        num_classes: number of classes; `None` for the last feature map.
        blocks: number of bottleneck blocks of each stage; (3, 4, 23, 3) is ResNet101, (3, 8, 36, 3)
            ResNet152.
        halving: which convolution of a stage's first block halves the size: 1 as in the paper, or
            2, of 3 x 3, as in torchvision, which sees all pixels.
        front: layers before the first convolution, such as augmentation and scaling.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 32 x 32.

    Reference:
        [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385) (He et al.,
        2015)
    """
    _require(input_shape, 32)
    inputs = keras.Input(input_shape, name="image")
    x = layers.ZeroPadding2D(3, name="conv1_pad")(_through(front, inputs))
    x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)  # (batch, height / 2, width / 2, 64)
    x = _activated(x, "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    # (batch, height / 4, width / 4, 64)
    for stage, (count, filters) in enumerate(
        zip(blocks, (64, 128, 256, 512), strict=True), start=2
    ):
        for number in range(1, count + 1):
            strides = 2 if number == 1 and stage > 2 else 1
            name = f"conv{stage}_block{number}"
            x = _bottleneck(x, filters, name, strides, widened=number == 1, halving=halving)
    if num_classes is not None:
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)  # (batch, 2048)
        x = layers.Dense(num_classes, activation="softmax", dtype="float32", name="predictions")(x)
    return keras.Model(inputs, x, name=f"resnet{3 * sum(blocks) + 2}")


def _through(front: Sequence[layers.Layer], x: keras.KerasTensor) -> keras.KerasTensor:
    for layer in front:
        x = layer(x)
    return x


def _activated(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.Activation("relu", name=f"{name}_relu")(_normalization(name=f"{name}_bn")(x))


def _bottleneck(
    x: keras.KerasTensor, filters: int, name: str, strides: int, widened: bool, halving: int
) -> keras.KerasTensor:
    """Narrow, convolve, widen by four, and add the input."""
    shortcut = x
    if widened:
        shortcut = layers.Conv2D(4 * filters, 1, strides=strides, name=f"{name}_0_conv")(x)
        shortcut = _normalization(name=f"{name}_0_bn")(shortcut)
    first, second = (strides, 1) if halving == 1 else (1, strides)
    x = layers.Conv2D(filters, 1, strides=first, name=f"{name}_1_conv")(x)
    x = _activated(x, f"{name}_1")
    padding = "same"
    if second > 1:
        # One pixel on each side: "same" would pad even sizes on one side only.
        x, padding = layers.ZeroPadding2D(1, name=f"{name}_2_pad")(x), "valid"
    x = layers.Conv2D(filters, 3, strides=second, padding=padding, name=f"{name}_2_conv")(x)
    x = _activated(x, f"{name}_2")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    x = _normalization(name=f"{name}_3_bn")(x)
    x = layers.Add(name=f"{name}_add")([shortcut, x])
    return layers.Activation("relu", name=f"{name}_out")(x)


def resnet_cifar(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    depth: Depth = 20,
    l2: Penalty = 0.0,
    front: Sequence[layers.Layer] = (),
) -> keras.Model:
    """Residual network for small images: three stages of 16, 32 and 64 filters.

    Shortcuts across stages take every second pixel and pad the new filters with zeros, so that they
    add no parameters; with depth 20, 32 x 32 x 3 and 10 classes there are 269,722 (the moving
    statistics of the normalization not counted).

    Args:
        input_shape: `(height, width, channels)`, at least 8 x 8.
        num_classes: number of classes; the head is a softmax over them.
        depth: number of layers with weights on the longest path, 6 n + 2.
        l2: L2 regularization factor of the kernels.
        front: layers before the first convolution, such as augmentation and scaling.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the depth is not 6 n + 2, or the images are smaller than 8 x 8.

    Reference:
        [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385) (He et al.,
        2015), section 4.2
    """
    if depth < 8 or depth % 6 != 2:
        raise UserError(
            f"depth={depth}: must be 6 n + 2, such as 20, 32 or 56, "
            "or for large images 18, 34, 50, 101 or 152"
        )
    _require(input_shape, 8)
    inputs = keras.Input(input_shape, name="image")
    x = _through(front, inputs)
    x = _small_activated(_small_convolution(x, 16, "conv1", l2=l2), "conv1")
    for stage, filters in enumerate((16, 32, 64), start=2):
        for number in range(1, (depth - 2) // 6 + 1):
            x = _basic(
                x, filters, f"conv{stage}_block{number}", 2 if number == 1 and stage > 2 else 1, l2
            )
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)  # (batch, 64)
    outputs = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return keras.Model(inputs, outputs, name=f"resnet{depth}")


def resnet_basic(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    blocks: Sequence[int],
    l2: Penalty = 0.0,
    front: Sequence[layers.Layer] = (),
) -> keras.Model:
    """Residual network for large images with blocks of two convolutions, in four stages.

    For 1000 classes and 3 channels ResNet-18 has 11,689,512 parameters, ResNet-34 21,797,672 (the
    moving statistics of the normalization not counted).

    Args:
        input_shape: `(height, width, channels)`, at least 32 x 32; the paper's is 224 x 224 x 3.
        num_classes: number of classes; the head is a softmax over them.
        blocks: number of blocks of each stage; (2, 2, 2, 2) is ResNet-18, (3, 4, 6, 3) ResNet-34.
        l2: L2 regularization factor of the kernels.
        front: layers before the first convolution, such as augmentation and scaling.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 32 x 32.

    Reference:
        [Deep Residual Learning for Image Recognition](https://arxiv.org/abs/1512.03385) (He et al.,
        2015)
    """
    _require(input_shape, 32)
    inputs = keras.Input(input_shape, name="image")
    x = layers.ZeroPadding2D(3, name="conv1_pad")(_through(front, inputs))
    x = _small_activated(_small_convolution(x, 64, "conv1", 2, l2, 7, "valid"), "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)
    x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
    # (batch, height / 4, width / 4, 64)
    for stage, (count, filters) in enumerate(
        zip(blocks, (64, 128, 256, 512), strict=True), start=2
    ):
        for number in range(1, count + 1):
            strides = 2 if number == 1 and stage > 2 else 1
            name = f"conv{stage}_block{number}"
            x = _basic(x, filters, name, strides, l2, projected=True)
    x = layers.GlobalAveragePooling2D(name="avg_pool")(x)  # (batch, 512)
    outputs = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return keras.Model(inputs, outputs, name=f"resnet{2 * sum(blocks) + 2}")


def _require(input_shape: tuple[int, int, int], least: int) -> None:
    if min(input_shape[:2]) < least:
        raise UserError(
            f"the network needs images of at least {least} x {least} pixels, "
            f"received {input_shape[0]} x {input_shape[1]}"
        )


def _basic(
    x: keras.KerasTensor, filters: int, name: str, strides: int, l2: float, projected: bool = False
) -> keras.KerasTensor:
    """Two convolutions, and the input added."""
    shortcut = x
    if strides > 1 and projected:
        shortcut = _small_convolution(x, filters, f"{name}_0", strides, l2, 1)
        shortcut = _small_normalization(name=f"{name}_0_bn")(shortcut)
    elif strides > 1:
        shortcut = layers.MaxPooling2D(1, strides=strides, padding="same", name=f"{name}_0_pool")(x)
        missing = filters - x.shape[-1]
        # Zeros are padded along the filters, as along a side of an image.
        turned = layers.Permute((1, 3, 2), name=f"{name}_0_turn")(shortcut)
        padded = layers.ZeroPadding2D(
            ((0, 0), (missing // 2, missing - missing // 2)), name=f"{name}_0_pad"
        )(turned)
        shortcut = layers.Permute((1, 3, 2), name=f"{name}_0_back")(padded)
    padding = "same"
    if strides > 1 and projected:
        # One pixel on each side, as before the first convolution: "same" would pad on one only.
        x, padding = layers.ZeroPadding2D(1, name=f"{name}_1_pad")(x), "valid"
    x = _small_convolution(x, filters, f"{name}_1", strides, l2, padding=padding)
    x = _small_convolution(_small_activated(x, f"{name}_1"), filters, f"{name}_2", l2=l2)
    x = _small_normalization(name=f"{name}_2_bn")(x)
    return layers.Activation("relu", name=f"{name}_out")(
        layers.Add(name=f"{name}_add")([shortcut, x])
    )


def _small_convolution(
    x: keras.KerasTensor,
    filters: int,
    name: str,
    strides: int = 1,
    l2: float = 0.0,
    kernel: int = 3,
    padding: str = "same",
) -> keras.KerasTensor:
    return layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer=regularizers.L2(l2) if l2 else None,
        name=f"{name}_conv",
    )(x)


def _small_activated(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.Activation("relu", name=f"{name}_relu")(
        _small_normalization(name=f"{name}_bn")(x)
    )
