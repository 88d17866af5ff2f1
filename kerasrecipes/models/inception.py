"""Inception v3: modules whose large kernels are taken apart into small and flat ones."""

from __future__ import annotations

from collections.abc import Sequence

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.models import released_weights
from kerasrecipes.models.widths import scaled
from kerasrecipes.ranges import CountOrZero, Positive, Share

PAPER = (3, 4, 2)

_POOLED = (32, 64, 64)  # filters behind the pooling of the modules at an eighth of the size
_FLAT = (128, 160, 160, 192)  # of the flat kernels of those at a sixteenth
Step = tuple[int, int, int]  # filters, height and width of a kernel


def inception_v3(
    input_shape: tuple[int, int, int],
    num_classes: int | None = 1000,
    *,
    modules: tuple[CountOrZero, ...] = PAPER,
    width: Positive = 1.0,
    dropout_rate: Share = 0.2,
    weights: str = "none",
    augmentation: Sequence[layers.Layer] = (),
) -> keras.Model:
    """Inception v3: GoogLeNet's idea with batch normalization and cheaper kernels.

    A 5 x 5 kernel is two of 3 x 3, a 7 x 7 one is 1 x 7 and 7 x 1. With 299 x 299 x 3 and 1000
    classes it has 23,851,784 parameters; its weights are in the order of those of
    `keras.applications.InceptionV3`. Pixels from 0 to 255 are scaled to -1 … 1 inside, with a file
    of weights as these expect it; with weights of torchvision or timm, averages count the zeros
    around a map as theirs do.

    Args:
        input_shape: `(height, width, channels)`, at least 75 x 75; the paper's is 299 x 299 x 3.
        num_classes: number of classes; the head is a softmax over them; `None` for the last feature
            map.
        modules: how many modules at an eighth, a sixteenth and a thirty-second of the size, at most
            3, 4 and 2, which are the paper's.
        width: factor of all numbers of filters; 1 is the paper's.
        dropout_rate: fraction of the features to drop before the head during training.
        weights: `none`, or a file to begin with: .h5 of keras.applications, or .safetensors of
            torchvision or timm.
        augmentation: layers that augment images during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, channels)` to `(batch, num_classes)`.

    Raises:
        UserError: if the images are smaller than 75 x 75, there are not so many modules, or the
            weights do not fit.

    Reference:
        [Rethinking the Inception Architecture for Computer
        Vision](https://arxiv.org/abs/1512.00567) (Szegedy et al., 2015)
    """
    if min(input_shape[:2]) < 75:
        raise UserError(
            "Inception v3 needs images of at least 75 x 75 pixels, "
            f"received {input_shape[0]} x {input_shape[1]}"
        )
    if len(modules) != 3 or any(n > most for n, most in zip(modules, PAPER, strict=True)):
        raise UserError(
            f"modules={','.join(map(str, modules))}: expected three numbers, at most 3, 4 and 2"
        )
    inputs = x = keras.Input(input_shape, name="image")
    for layer in augmentation:
        x = layer(x)
    given = released_weights.find(weights, input_shape)
    x = released_weights.scaling(given, keras="tf", torch="tf")(x)
    scale = given is not None and given.has_scales
    torch = given is not None and given.layout == "torch"
    net = _Builder(width, scale=scale, counts_border=torch)
    x = net.convolution(x, (32, 3, 3), strides=2, padding="valid")
    x = net.convolution(x, (32, 3, 3), padding="valid")
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(net.convolution(x, (64, 3, 3)))
    x = net.convolution(x, (80, 1, 1), padding="valid")
    x = net.convolution(x, (192, 3, 3), padding="valid")
    x = layers.MaxPooling2D(3, strides=2, name="pool2")(x)  # (batch, 35, 35, 192) of 299
    for number in range(modules[0]):
        x = net.module(
            x,
            [[(64, 1, 1)], [(48, 1, 1), (64, 5, 5)], [(64, 1, 1), (96, 3, 3), (96, 3, 3)]],
            pooled=_POOLED[number],
        )
    x = net.reduction(x, [[(384, 3, 3)], [(64, 1, 1), (96, 3, 3), (96, 3, 3)]])
    for number in range(modules[1]):  # (batch, 17, 17, 768)
        flat = _FLAT[number]
        once = [(flat, 1, 1), (flat, 1, 7), (192, 7, 1)]
        twice = [(flat, 1, 1), (flat, 7, 1), (flat, 1, 7), (flat, 7, 1), (192, 1, 7)]
        x = net.module(x, [[(192, 1, 1)], once, twice], pooled=192)
    flattened = [(192, 1, 1), (192, 1, 7), (192, 7, 1), (192, 3, 3)]
    x = net.reduction(x, [[(192, 1, 1), (320, 3, 3)], flattened])
    for _ in range(modules[2]):  # (batch, 8, 8, 2048)
        x = net.spread_module(x)
    if num_classes is not None:
        x = layers.GlobalAveragePooling2D(name="pooling")(x)
        x = layers.Dropout(dropout_rate, name="dropout")(x)
        x = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return released_weights.load(keras.Model(inputs, x, name="inception_v3"), given)


class _Builder:
    """Numbers the convolutions and modules of a network of one width as it adds them.

    Args:
        width: factor of all numbers of filters.
        scale: whether normalized features have factors that are learned.
        counts_border: whether averages count the zeros around a map, as torchvision's do.
    """

    def __init__(self, width: float, scale: bool, counts_border: bool):
        self.width, self.convolutions, self.modules = width, 0, 0
        self.scale, self.counts_border = scale, counts_border

    def convolution(
        self, x: keras.KerasTensor, step: Step, strides: int = 1, padding: str = "same"
    ) -> keras.KerasTensor:
        """Convolve, normalize and activate."""
        filters, height, width = step
        self.convolutions += 1
        name = f"conv{self.convolutions}"
        x = layers.Conv2D(
            scaled(filters, self.width),
            (height, width),
            strides=strides,
            padding=padding,
            use_bias=False,
            name=name,
        )(x)
        # Keras's momentum of 0.99 would take a thousand steps to forget the first ones.
        x = layers.BatchNormalization(momentum=0.9, scale=self.scale, name=f"{name}_bn")(x)
        return layers.Activation("relu", name=f"{name}_relu")(x)

    def path(self, x: keras.KerasTensor, steps: Sequence[Step]) -> keras.KerasTensor:
        """Convolve several times."""
        for step in steps:
            x = self.convolution(x, step)
        return x

    def module(
        self, x: keras.KerasTensor, paths: Sequence[Sequence[Step]], pooled: int
    ) -> keras.KerasTensor:
        """Paths side by side, and an average with a convolution."""
        found = [self.path(x, steps) for steps in paths]
        return self._joined([*found, self._pooled(x, pooled)])

    def reduction(self, x: keras.KerasTensor, paths: Sequence[Sequence[Step]]) -> keras.KerasTensor:
        """Paths whose last convolution halves height and width, and a maximum."""
        found = [
            self.convolution(self.path(x, steps[:-1]), steps[-1], strides=2, padding="valid")
            for steps in paths
        ]
        name = f"mixed{self.modules}_pool"
        return self._joined([*found, layers.MaxPooling2D(3, strides=2, name=name)(x)])

    def spread_module(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Paths that end in a lying and a standing kernel side by side, where maps are small."""
        found = [self.convolution(x, (320, 1, 1))]
        for steps in ([(384, 1, 1)], [(448, 1, 1), (384, 3, 3)]):
            before = self.path(x, steps)
            both = [self.convolution(before, (384, 1, 3)), self.convolution(before, (384, 3, 1))]
            # Joined in pairs, layers stand as deep as in Keras's graph, and weights in its order.
            name = f"mixed{self.modules}_{len(found)}"
            found.append(layers.Concatenate(name=name)(both))
        return self._joined([*found, self._pooled(x, 192)])

    def _pooled(self, x: keras.KerasTensor, filters: int) -> keras.KerasTensor:
        name = f"mixed{self.modules}_pool"
        padding = "same"
        if self.counts_border:
            x, padding = layers.ZeroPadding2D(1, name=f"{name}_pad")(x), "valid"
        average = layers.AveragePooling2D(3, strides=1, padding=padding, name=name)(x)
        return self.convolution(average, (filters, 1, 1))

    def _joined(self, paths: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
        name, self.modules = f"mixed{self.modules}", self.modules + 1
        return layers.Concatenate(name=name)(list(paths))
