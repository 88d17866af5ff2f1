"""One-stage, anchor-free detector: at each location of several maps a class and a box, or none."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import keras
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.layers.detection import DenseBoxes, NonMaximumSuppression
from kerasrecipes.models import backbones
from kerasrecipes.ranges import Count, Depth

COARSEST = 32  # largest stride; sizes of images are multiples of it

_RARE = 0.01  # probability of an object that every location begins with
_GROUP = 8  # channels that are normalized together


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Detector(keras.Model):
    """Functional model to a row for each location; see `kerasrecipes.metrics.box_assignment`.

    Attributes:
        exported: the model with non-maximum suppression behind it.
    """

    def suppression(self, overlap: float = 0.6, most: int = 100) -> NonMaximumSuppression:
        """Return the layer from the model's output to detections.

        Args:
            overlap: intersection over union from which two boxes are of one object.
            most: detections of an image.
        """
        height, width = self.input_shape[1:3]
        return NonMaximumSuppression((height, width), overlap, most, name="suppression")

    @property
    def exported(self) -> keras.Model:
        """What other programs need: from pixels to detections, `(batch, most, 6)`."""
        return keras.Model(self.input, self.suppression()(self.output), name=self.name)


def detector(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    filters: Count = 16,
    strides: tuple[Count, ...] = (4, 8, 16),
    pyramid_filters: Count = 64,
    tower_depth: Depth = 2,
) -> Detector:
    """Detector on residual blocks of its own, each half as high and wide as the one before.

    Pixels from 0 to 255 are scaled to -1 … 1 inside.

    Args:
        input_shape: `(height, width, channels)`, multiples of 32.
        num_classes: number of classes.
        filters: filters of the first block, at half the image's size; each further one has twice as
            many, up to 8 times.
        strides: pixels from one location to the next in each map, each twice the one before.
        pyramid_filters: channels of the maps.
        tower_depth: convolutions from a map to classes, and as many to boxes.

    Returns:
        An uncompiled `Detector`, `(batch, height, width, channels)` to
        `(batch, locations, 8 + num_classes)`.

    Raises:
        UserError: if the strides are not possible.

    Reference:
        [FCOS: Fully Convolutional One-Stage Object Detection](https://arxiv.org/abs/1904.01355)
        (Tian et al., 2019)
    """
    _check(strides)
    inputs = keras.Input(input_shape, name="image")
    x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")(inputs)
    maps = {}
    for level in range(1, int(math.log2(strides[-1])) + 1):
        count = filters * 2 ** min(level - 1, 3)
        x = _convolution(x, count, f"block{level}_down", strides=2)
        residual = _convolution(x, count, f"block{level}_conv")
        x = layers.Add(name=f"block{level}")([x, residual])
        maps[2**level] = x  # (batch, height / 2 ** level, …)
    outputs = _heads([maps[s] for s in strides], strides, num_classes, pyramid_filters, tower_depth)
    return Detector(inputs, outputs, name="detector")


def detector_on_base(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    base: str,
    weights: str = "pretrained",
    alpha: float | None = None,
    frozen: bool = False,
    strides: tuple[Count, ...] = (8, 16, 32),
    pyramid_filters: Count = 64,
    tower_depth: Depth = 2,
) -> Detector:
    """Detector on a pretrained base.

    Args:
        input_shape: `(height, width, 3)`, multiples of 32.
        num_classes: number of classes.
        base: a key of `kerasrecipes.models.backbones.BASES`.
        weights: `pretrained`, `none`, or a file of weights for the base.
        alpha: width multiplier of a MobileNet, such as 0.75.
        frozen: whether the base keeps its weights; its batch normalization always keeps its own.
        strides: pixels from one location to the next in each map, each twice the one before.
        pyramid_filters: channels of the maps.
        tower_depth: convolutions from a map to classes, and as many to boxes.

    Returns:
        An uncompiled `Detector`, `(batch, height, width, 3)` to
        `(batch, locations, 8 + num_classes)`.

    Raises:
        UserError: if the base, its weights, its arguments or the strides are not right.

    Reference:
        [FCOS: Fully Convolutional One-Stage Object Detection](https://arxiv.org/abs/1904.01355)
        (Tian et al., 2019)
    """
    _check(strides)
    network = backbones.base(base, input_shape, weights=weights, alpha=alpha)
    maps = {input_shape[0] // m.shape[1]: m for m in backbones.last_of_each_size(network)}
    if missing := [stride for stride in strides if stride not in maps]:
        raise UserError(
            f"the base {base} has no map of the stride {missing[0]}; "
            f"it has {', '.join(map(str, maps))}"
        )
    seer = keras.Model(network.input, [maps[stride] for stride in strides], name=base)
    for layer in seer.layers:
        layer.trainable = not (frozen or isinstance(layer, layers.BatchNormalization))
    inputs = keras.Input(input_shape, name="image")
    seen = seer(layers.Rescaling(1.0, name="floats")(inputs))
    maps_seen = list(seen) if isinstance(seen, (list, tuple)) else [seen]
    outputs = _heads(maps_seen, strides, num_classes, pyramid_filters, tower_depth)
    return Detector(inputs, outputs, name=f"detector_{base}")


def _check(strides: tuple[int, ...]) -> None:
    doubled = all(b == 2 * a for a, b in pairwise(strides))
    powers = all(stride in (2, 4, 8, 16, COARSEST) for stride in strides)
    if not (strides and doubled and powers):
        raise UserError(
            f"strides={','.join(map(str, strides))}: expected powers of two up to {COARSEST}, each "
            "twice the one before, such as 4,8,16"
        )


def _heads(
    maps: list[keras.KerasTensor],
    strides: tuple[int, ...],
    num_classes: int,
    filters: int,
    depth: int,
) -> keras.KerasTensor:
    """Pyramid, and the towers from each of its maps, which share their weights."""
    pyramid = _pyramid(maps, strides, filters)
    towers = [_tower(filters, depth, name) for name in ("class", "box")]
    # A rare class is what each location begins with: else the first steps would be spent on
    # unlearning thousands of objects.
    rare = keras.initializers.Constant(-math.log((1 - _RARE) / _RARE))
    heads = [
        layers.Conv2D(num_classes, 3, padding="same", bias_initializer=rare, name="class"),
        layers.Conv2D(4, 3, padding="same", name="box"),
        layers.Conv2D(1, 3, padding="same", name="centrality"),
    ]
    rows = []
    for x, stride in zip(pyramid, strides, strict=True):
        named, placed = (_through(tower, x) for tower in towers)
        parts = [heads[1](placed), heads[2](placed), heads[0](named)]
        rows.append(DenseBoxes(stride, name=f"boxes{stride}", dtype="float32")(parts))
    if len(rows) == 1:
        return rows[0]
    return layers.Concatenate(axis=1, name="locations", dtype="float32")(rows)


def _pyramid(
    maps: list[keras.KerasTensor], strides: tuple[int, ...], filters: int
) -> list[keras.KerasTensor]:
    """Return a feature pyramid: what coarse maps know of things is added to the finer ones.

    Reference:
        [Feature Pyramid Networks](https://arxiv.org/abs/1612.03144) (Lin et al., 2017)
    """
    found: list[keras.KerasTensor] = []
    for x, stride in reversed(list(zip(maps, strides, strict=True))):
        x = layers.Conv2D(filters, 1, name=f"lateral{stride}")(x)
        if found:
            above = layers.UpSampling2D(2, name=f"above{stride}")(found[0])
            x = layers.Add(name=f"pyramid{stride}_add")([x, above])
        found.insert(0, x)
    return [
        layers.Conv2D(filters, 3, padding="same", name=f"pyramid{stride}")(x)
        for x, stride in zip(found, strides, strict=True)
    ]


def _tower(filters: int, depth: int, name: str) -> list[keras.Layer]:
    """Layers that all maps share; normalized by groups, as maps differ in their statistics."""
    found: list[keras.Layer] = []
    for number in range(1, depth + 1):
        label = f"{name}_tower{number}"
        groups = max(1, filters // _GROUP) if filters % _GROUP == 0 else 1
        found += [
            layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{label}_conv"),
            layers.GroupNormalization(groups, name=f"{label}_gn"),
            layers.Activation("relu", name=f"{label}_relu"),
        ]
    return found


def _through(tower: list[keras.Layer], x: keras.KerasTensor) -> keras.KerasTensor:
    for layer in tower:
        x = layer(x)
    return x


def _convolution(
    x: keras.KerasTensor, filters: int, name: str, strides: int = 1
) -> keras.KerasTensor:
    options: dict[str, Any] = {"padding": "same", "use_bias": False}
    options |= {"kernel_initializer": "he_normal", "strides": strides}
    x = layers.Conv2D(filters, 3, name=f"{name}_conv", **options)(x)
    # Keras's momentum of 0.99 would take a thousand steps to forget the first ones.
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
