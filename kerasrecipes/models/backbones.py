"""Convolutional bases for transfer learning: those of `keras.applications`, and a small one.

A base comes without its classifier, as one flat graph from pixels 0 … 255 to a feature map, so that
its layers keep their own names in tables, in figures and for freezing; its own scaling of pixels is
part of the graph.
"""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import keras

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.layers.scaling import Scaling, scaling_layer
from kerasrecipes.models import small_cnn
from kerasrecipes.models.surgery import sources

_OWN_ARGUMENTS = ("alpha", "depth_multiplier", "minimalistic")


@dataclass(frozen=True)
class Base:
    """Entry of the table of bases.

    Args:
        function: name of its function in `keras.applications`.
        scaling: scaling of pixels that it expects: `caffe` is blue, green, red minus their means,
            `tf` is -1 … 1, `torch` is red, green, blue standardized by mean and deviation, `own`
            is done by layers of the base itself.
        block: pattern of the names of its blocks' layers, with the block's number as group.
        size: height and width in pixels of the images it was trained on.
    """

    function: str
    scaling: Scaling
    block: str
    size: int = 224


def _table() -> dict[str, Base]:
    resnet, efficient = r"conv(\d)_block", r"block(\d+)[a-z]"
    table = {
        "vgg16": Base("VGG16", "caffe", r"block(\d)_"),
        "vgg19": Base("VGG19", "caffe", r"block(\d)_"),
    }
    for depth in (50, 101, 152):
        table[f"resnet{depth}"] = Base(f"ResNet{depth}", "caffe", resnet)
        table[f"resnet{depth}_v2"] = Base(f"ResNet{depth}V2", "tf", resnet)
    for depth in (121, 169, 201):
        table[f"densenet{depth}"] = Base(f"DenseNet{depth}", "torch", resnet)
    table |= {
        "mobilenet": Base("MobileNet", "tf", r"conv_(?:dw|pw)_(\d+)"),
        "mobilenet_v2": Base("MobileNetV2", "tf", r"block_(\d+)_"),
        "mobilenet_v3_small": Base("MobileNetV3Small", "own", r"expanded_conv_(\d+)_"),
        "mobilenet_v3_large": Base("MobileNetV3Large", "own", r"expanded_conv_(\d+)_"),
        "nasnet_mobile": Base("NASNetMobile", "tf", r"(?:normal|adjust|separable)_.*_(\d+)$"),
        "nasnet_large": Base("NASNetLarge", "tf", r"(?:normal|adjust|separable)_.*_(\d+)$", 331),
        # Blocks of Inception have names at their ends only: the last begins where the last but one
        # ends.
        "inception_v3": Base("InceptionV3", "tf", r"mixed(\d)$", 299),
        "inception_resnet_v2": Base("InceptionResNetV2", "tf", r"block8_(\d+)_ac$", 299),
        "xception": Base("Xception", "tf", r"block(\d+)_", 299),
    }
    for number, size in enumerate((224, 240, 260, 300, 380, 456, 528, 600)):
        table[f"efficientnet_b{number}"] = Base(f"EfficientNetB{number}", "own", efficient, size)
    for kind, size in zip(
        ("b0", "b1", "b2", "b3", "s", "m", "l"), (224, 240, 260, 300, 384, 480, 480), strict=True
    ):
        table[f"efficientnet_v2_{kind}"] = Base(
            f"EfficientNetV2{kind.upper()}", "own", efficient, size
        )
    for kind in ("tiny", "small", "base", "large", "xlarge"):
        table[f"convnext_{kind}"] = Base(
            f"ConvNeXt{kind.title()}".replace("Xl", "XL"), "own", r".*stage_(\d)_block"
        )
    return table


BASES: Mapping[str, Base] = _table() | {"small": Base("", "own", r"block(\d+)_", small_cnn.SIZE)}


def find(name: str) -> Base:
    """Return the table's entry of a base.

    Raises:
        UserError: if there is no base of this name.
    """
    if name not in BASES:
        raise unknown("base", name, BASES)
    return BASES[name]


def base(
    name: str, input_shape: tuple[int, int, int], *, weights: str = "pretrained", **arguments: Any
) -> keras.Model:
    """Base without its classifier, from pixels to a feature map.

    Args:
        name: a key of `BASES`.
        input_shape: `(height, width, 3)`.
        weights: `pretrained` (on ImageNet, `small` on drawn shapes), `none`, or a file of weights
            of the base without its top.
        **arguments: the base's own, such as `alpha` of MobileNet; for those that are `None` the
            base has its default.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, 3)` of 0 … 255 to
        `(batch, rows, columns, channels)`.

    Raises:
        UserError: if the base does not take an argument, images are too small for it, or its
            weights are not available.
    """
    entry = find(name)
    given = {key: value for key, value in arguments.items() if value is not None}
    for argument in given:
        if argument not in own_arguments(name):
            takers = ", ".join(other for other in BASES if argument in own_arguments(other))
            raise UserError(f"the base {name} has no setting {argument}; these have: {takers}")
    if len(input_shape) != 3 or input_shape[-1] != 3:
        raise UserError(
            f"the base {name} takes colour images, (height, width, 3), received {input_shape}"
        )
    inputs = keras.Input(input_shape, name="image")
    if name == "small":
        return _loaded(
            small_cnn.small(inputs), name, small_cnn.WEIGHTS if weights == "pretrained" else weights
        )
    pixels = scaled(inputs, entry.scaling)
    own = weights in ("pretrained", "imagenet")
    built = _built(name, given, pixels, "imagenet" if own else None)
    model = keras.Model(inputs, built.output, name=name)
    return model if own else _loaded(model, name, weights)


def scaled(inputs: keras.KerasTensor, scaling: Scaling) -> keras.KerasTensor:
    """Scale pixels 0 … 255 as a base expects them, always in float32.

    Args:
        inputs: `(batch, height, width, 3)`.
        scaling: a `Base.scaling`.

    Returns:
        `(batch, height, width, 3)`.
    """
    return scaling_layer(scaling)(inputs)


def _built(
    name: str, arguments: Mapping[str, Any], pixels: keras.KerasTensor, weights: str | None
) -> keras.Model:
    function = getattr(keras.applications, BASES[name].function)
    try:
        shape = tuple(pixels.shape[1:])
        return function(
            include_top=False, weights=weights, input_tensor=pixels, input_shape=shape, **arguments
        )
    except Exception as error:
        raise _explained(error, name) from error


def _explained(error: Exception, name: str) -> Exception:
    """Return a `UserError` for what the user can mend; other errors as they are."""
    text = str(error)
    if found := re.search(r"URL fetch failure on (\S+?/([^/\s:]+)):", text):
        folder = Path(os.environ.get("KERAS_HOME") or "~/.keras") / "models"
        return UserError(
            f"the weights of {name} cannot be downloaded; put {found[2]} from {found[1]} into "
            f"{folder}, or take weights=none or weights=FILE"
        )
    if isinstance(error, ValueError):
        return UserError(f"the base {name}: {text.strip().splitlines()[0]}")
    return error


@cache
def own_arguments(name: str) -> tuple[str, ...]:
    """Return the names of those of a base's own arguments that are settings."""
    if name == "small":
        return ()
    parameters = inspect.signature(getattr(keras.applications, BASES[name].function)).parameters
    return tuple(argument for argument in _OWN_ARGUMENTS if argument in parameters)


def _loaded(model: keras.Model, name: str, weights: str | Path) -> keras.Model:
    if str(weights) == "none":
        return model
    if not Path(weights).expanduser().is_file():
        raise UserError(
            f"weights={weights}: there is no such file; give a file, pretrained or none"
        )
    try:
        model.load_weights(Path(weights).expanduser())
    except (ValueError, OSError, KeyError) as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f"{weights} does not hold the weights of {name} without its top: {reason}"
        ) from error
    return model


def last_of_each_size(network: keras.Model) -> list[keras.KerasTensor]:
    """Return the last map of each size below the input's, largest first.

    Args:
        network: as `base` builds it.
    """
    whole = network.input.shape[1]
    found: dict[int, keras.KerasTensor] = {}
    for layer in network.layers:
        shape: Any = getattr(layer.output, "shape", ())
        # Paddings within a base have sizes between those of its steps.
        if len(shape) == 4 and shape[1] < whole and whole % shape[1] == 0:
            found[shape[1]] = layer.output
    return [found[size] for size in sorted(found, reverse=True)]


def last_block(model: keras.Model, name: str) -> list[keras.Layer]:
    """Return the layers of a base's last block, and all that follow them in the model.

    Args:
        model: a model that begins with the base, as `base` builds it.
        name: name of the base.

    Returns:
        The layers, in the model's order.
    """
    pattern = re.compile(find(name).block)
    numbers = {layer.name: int(m[1]) for layer in model.layers if (m := pattern.match(layer.name))}
    chosen = {layer for layer, number in numbers.items() if number == max(numbers.values())}
    inbound = sources(model)
    for operation in model.operations:  # also sums and products of tensors, which are not layers
        if any(before in chosen for before in inbound[operation.name]):
            chosen.add(operation.name)
    return [layer for layer in model.layers if layer.name in chosen]
