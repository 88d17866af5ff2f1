"""Weights by the names of torchvision and timm, read into networks of ours and written of them.

Kernels turn from output, input, height, width to Keras's order, and back; biases before a batch
normalization go into its mean, where one side has them and the other not. A network is only taken
where its outputs are the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from kerasrecipes.errors import UserError
from kerasrecipes.models.surgery import sources

Library = Literal["torchvision", "timm"]
LIBRARIES: tuple[Library, ...] = ("torchvision", "timm")

# What a network is compared with whose outputs can't agree.
_OTHERS = {
    "alexnet": "torchvision's AlexNet has one column, 64 filters first and no response "
    "normalization",
    "zfnet": "neither torchvision nor timm has ZFNet",
    "googlenet": "torchvision's GoogLeNet has batch normalization, and 3 x 3 kernels where the "
    "paper's has 5 x 5",
}
# Tensors that have no counterpart: counters, and a head that only training needs.
_UNUSED = re.compile(r"(.*\.)?num_batches_tracked|AuxLogits\..*")


@dataclass(frozen=True)
class Network:
    """A network as a library knows it.

    Args:
        library: whose.
        name: of its function or model.
        modules: of each layer with weights, the name of its module.
        biases: whether convolutions have biases also before a normalization.
        epsilon: of the batch normalization.
        further: what else to build it with, as Python.
    """

    library: Library
    name: str
    modules: Mapping[str, str]
    biases: bool = False
    epsilon: float = 1e-5
    further: str = ""

    def call(self, classes: int) -> str:
        """Return the Python by which the library builds it.

        Args:
            classes: their number.
        """
        more = f"num_classes={classes}{self.further}"
        if self.library == "timm":
            return f'timm.create_model("{self.name}", {more})'
        return f"torchvision.models.{self.name}({more})"


def network(model: keras.Model, library: Library) -> Network:
    """Return what a library calls a model's network and its layers.

    Args:
        model: as one of the builders of this package makes it.
        library: `torchvision` or `timm`.

    Raises:
        UserError: if the library has no such network.
    """
    for pattern, find in _FAMILIES.items():
        if re.fullmatch(pattern, model.name):
            return find(model, library)
    if re.fullmatch(r"resnet\d+", model.name):
        why = "torchvision and timm have residual networks of 18, 34, 50, 101 and 152 layers"
    else:
        why = _OTHERS.get(model.name, "VGG, ResNet, Inception v3 and MobileNet can be named so")
    raise UserError(f"{model.name} has no counterpart in torchvision or timm: {why}")


def _vgg(model: keras.Model, library: Library) -> Network:
    modules, number = {}, 0
    for layer in model.layers:
        if isinstance(layer, (layers.Conv2D, layers.BatchNormalization)):
            modules[layer.name] = f"features.{number}"
        if isinstance(layer, layers.Conv2D):
            number += 1 if layer.activation is keras.activations.linear else 2
        elif isinstance(layer, layers.BatchNormalization):
            number += 2
        elif isinstance(layer, layers.MaxPooling2D):
            number += 1
    dense = ("classifier.0", "classifier.3", "classifier.6")
    if library == "timm":
        dense = ("pre_logits.fc1", "pre_logits.fc2", "head.fc")
    modules |= dict(zip(("fc1", "fc2", "predictions"), dense, strict=True))
    normalized = any(isinstance(layer, layers.BatchNormalization) for layer in model.layers)
    return Network(library, model.name + "_bn" * normalized, modules, biases=True)


def _resnet(model: keras.Model, library: Library) -> Network:
    modules = {}
    for layer in _weighted(model):
        name = layer.name
        if found := re.fullmatch(r"conv(\d)_block(\d+)_(\d)_(conv|bn)", name):
            stage, block, number, kind = found.groups()
            last = f"{kind}{number}" if number != "0" else f"downsample.{int(kind == 'bn')}"
            modules[name] = f"layer{int(stage) - 1}.{int(block) - 1}.{last}"
        else:
            modules[name] = {"conv1_conv": "conv1", "conv1_bn": "bn1"}.get(name, "fc")
    return Network(library, model.name, modules)


def _inception_modules() -> list[str]:
    """Return the names of the convolutions, in the order of ours."""
    names = [f"Conv2d_{one}" for one in ("1a_3x3", "2a_3x3", "2b_3x3", "3b_1x1", "4a_3x3")]
    twice = ("3x3dbl_1", "3x3dbl_2", "3x3dbl_3")
    long = ("7x7_1", "7x7_2", "7x7_3", *(f"7x7dbl_{number}" for number in range(1, 6)))
    spread = ("3x3_1", "3x3_2a", "3x3_2b", "3x3dbl_1", "3x3dbl_2", "3x3dbl_3a", "3x3dbl_3b")
    kinds = {
        "5bcd": ("1x1", "5x5_1", "5x5_2", *twice, "_pool"),
        "6a": ("3x3", *twice),
        "6bcde": ("1x1", *long, "_pool"),
        "7a": ("3x3_1", "3x3_2", *(f"7x7x3_{number}" for number in range(1, 5))),
        "7bc": ("1x1", *spread, "_pool"),
    }
    for places, branches in kinds.items():
        for place in places[1:]:
            names += [f"Mixed_{places[0]}{place}.branch{branch}" for branch in branches]
    return names


def _inception(model: keras.Model, library: Library) -> Network:
    modules = {"class": "fc"}
    for number, name in enumerate(_inception_modules(), start=1):
        modules |= {f"conv{number}": f"{name}.conv", f"conv{number}_bn": f"{name}.bn"}
    further = "" if library == "timm" else ", aux_logits=False, init_weights=False"
    return Network(library, "inception_v3", modules, epsilon=1e-3, further=further)


def _mobilenet(model: keras.Model, library: Library) -> Network:
    if library == "torchvision":
        raise UserError("torchvision has no MobileNet of the first version; timm has")
    modules = {"conv1": "conv_stem", "conv1_bn": "bn1", "class": "classifier"}
    stages = [1, 2, 2, 6, 2]  # blocks of each
    places = [f"blocks.{s}.{b}" for s, count in enumerate(stages) for b in range(count)]
    for number, place in enumerate(places, start=1):
        for kind, norm in (("dw", "bn1"), ("pw", "bn2")):
            modules[f"conv_{kind}_{number}"] = f"{place}.conv_{kind}"
            modules[f"conv_{kind}_{number}_bn"] = f"{place}.{norm}"
    width = 100 * model.get_layer("conv1").filters // 32
    return Network(library, f"mobilenetv1_{width}", modules)


_FAMILIES: dict[str, Callable[[keras.Model, Library], Network]] = {
    r"vgg(11|13|16|19)": _vgg,
    r"resnet(18|34|50|101|152)": _resnet,
    "inception_v3": _inception,
    "mobilenet": _mobilenet,
}


def _weighted(model: keras.Model) -> list[keras.Layer]:
    return [layer for layer in model.layers if layer.weights]


def load(model: keras.Model, tensors: Mapping[str, Any], origin: str) -> None:
    """Set a model's weights to those of a state dict, its head's where it has as many classes.

    Args:
        model: built so that its outputs are the library's.
        tensors: arrays by name.
        origin: their file, for messages.

    Raises:
        UserError: if they are those of another network.
    """
    given = {name for name in tensors if not _UNUSED.fullmatch(name)}
    networks = [network(model, library) for library in LIBRARIES if _knows(model, library)]
    net, missing, more = min(
        ((net, *_differences(net, given)) for net in networks),
        key=lambda found: len(found[1]) + len(found[2]),
    )
    if missing or more:
        what = f"lacks '{missing[0]}'" if missing else f"holds '{more[0]}' besides"
        raise UserError(f"{origin} does not hold the weights of {model.name}: it {what}")
    normalized = _normalizations(model)
    shifts: dict[str, np.ndarray] = {}
    head = _weighted(model)[-1]
    for layer in sorted(_weighted(model), key=lambda one: "normalization" in type(one).__name__):
        prefix = net.modules[layer.name]
        weight = tensors[f"{prefix}.weight"]
        bias = tensors[f"{prefix}.bias"] if f"{prefix}.bias" in given else None
        if not weight.ndim:
            raise UserError(f"{origin}: '{prefix}.weight' is a single number")
        if layer is head and len(weight) != head.units:
            continue
        if isinstance(layer, layers.BatchNormalization):
            mean = tensors[f"{prefix}.running_mean"]
            shift = shifts.get(layer.name)
            if shift is not None and shift.shape == mean.shape:  # of another shape it is refused
                mean = mean - shift
            values = [weight] * layer.scale + [bias, mean, tensors[f"{prefix}.running_var"]]
            layer.epsilon = net.epsilon
        else:
            values = [_kernel(layer, weight)]
            if layer.use_bias:
                values.append(np.zeros(weight.shape[0], np.float32) if bias is None else bias)
            elif bias is not None:
                shifts[normalized[layer.name]] = bias
        _assign(layer, values, f"{origin}: '{prefix}'")


def _knows(model: keras.Model, library: Library) -> bool:
    return model.name != "mobilenet" or library == "timm"


def _differences(net: Network, given: set[str]) -> tuple[list[str], list[str]]:
    """Return what a file lacks of a network, and what it holds besides; biases may be missing."""
    wanted = {f"{module}.weight" for module in net.modules.values()}
    known = wanted | {
        f"{module}.{name}"
        for module in net.modules.values()
        for name in ("bias", "running_mean", "running_var")
    }
    for name, module in net.modules.items():
        if name.endswith("_bn"):
            wanted |= {f"{module}.{end}" for end in ("bias", "running_mean", "running_var")}
        elif net.biases or name in ("class", "predictions"):
            wanted.add(f"{module}.bias")
    return sorted(wanted - given), sorted(given - known)


def _normalizations(model: keras.Model) -> dict[str, str]:
    """Return the batch normalization that follows each convolution, by name."""
    kinds = {layer.name: layer for layer in model.layers}
    return {
        before: name
        for name, inbound in sources(model).items()
        for before in inbound
        if isinstance(kinds.get(name), layers.BatchNormalization)
    }


def _kernel(layer: keras.Layer, weight: np.ndarray) -> np.ndarray:
    """Return a kernel in Keras's order; as it is where it can't be one, for the message."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return weight.transpose(2, 3, 0, 1) if weight.ndim == 4 else weight
    if isinstance(layer, layers.Conv2D):
        return weight.transpose(2, 3, 1, 0) if weight.ndim == 4 else weight
    rows, units = layer.kernel.shape
    if weight.shape[0] != units or weight.size != rows * units:
        return weight.reshape(len(weight), -1).T
    if (
        layer.name == "fc1" and rows % 49 == 0
    ):  # it reads places of channels here, channels of places there
        return weight.reshape(units, -1, 7, 7).transpose(2, 3, 1, 0).reshape(rows, units)
    return weight.reshape(units, rows).T


def _assign(layer: keras.Layer, values: list[np.ndarray], what: str) -> None:
    for variable, value in zip(layer.weights, values, strict=True):
        if tuple(variable.shape) != value.shape:
            hint = "; it needs images of 224 x 224 pixels" if layer.name == "fc1" else ""
            raise UserError(
                f"{what} has the shape {value.shape} in Keras's order, the network's has "
                f"{tuple(variable.shape)}{hint}"
            )
        variable.assign(value)


def refusal(model: keras.Model) -> str | None:
    """Return why a library's network would not give a model's outputs, with its own weights.

    Args:
        model: of a network that the library has.

    Returns:
        The reason; `None` where outputs agree.
    """
    names = {layer.name: layer for layer in model.layers}
    first = next(layer for layer in model.layers if isinstance(layer, layers.Conv2D))
    if first.kernel.shape[2] != 3:
        return f"its images have {first.kernel.shape[2]} channels and theirs three"
    if model.name.startswith("vgg"):
        narrow = first.filters != 64 or tuple(names["fc1"].kernel.shape) != (25088, 4096)
        return "theirs has width 1 and reads 224 x 224 pixels" if narrow else None
    if model.name in ("resnet18", "resnet34"):
        padded = "conv3_block1_1_pad" in names
        return None if padded else "a release before padded it on one side only, theirs on both"
    if model.name == "inception_v3":
        if first.filters != 32 or "conv94" not in names:
            return "theirs has width 1 and all modules"
        counted = "mixed0_pool_pad" in names
        return None if counted else f"its averages leave the border out, {_BEGIN}"
    if model.name == "mobilenet":
        last = names["conv_pw_13"].filters
        if (first.filters, last) not in ((32, 1024), (40, 1280)):
            return "theirs has alpha 1 or 1.25"
        padded = names["conv_pad_2"].padding == ((1, 1), (1, 1))
        return None if padded else f"it pads on one side only, {_BEGIN}"
    halves = names["conv3_block1_2_conv"].strides == (2, 2)
    return None if halves else f"its first 1 x 1 kernels halve the size, {_BEGIN}"


_BEGIN = "theirs do not; begin its training with their weights=FILE.safetensors"


def state_dict(model: keras.Model, library: Library) -> dict[str, np.ndarray]:
    """Return a model's weights by the names of a library, in float32.

    Args:
        model: of which `refusal` says nothing.
        library: `torchvision` or `timm`.

    Raises:
        UserError: if the library has no such network.
    """
    net = network(model, library)
    normalized = _normalizations(model)
    found: dict[str, np.ndarray] = {}
    shifts: dict[str, np.ndarray] = {}
    for layer in sorted(_weighted(model), key=lambda one: "normalization" in type(one).__name__):
        module = net.modules[layer.name]
        values = [np.asarray(value, np.float32) for value in layer.get_weights()]
        if isinstance(layer, layers.BatchNormalization):
            found |= _normalization(layer, module, values, net.epsilon, shifts.get(layer.name))
            continue
        found[f"{module}.weight"] = np.ascontiguousarray(_turned(layer, values[0], library))
        bias = values[1] if layer.use_bias else np.zeros(values[0].shape[-1], np.float32)
        if net.biases or layer.name not in normalized:
            found[f"{module}.bias"] = bias
        else:
            shifts[normalized[layer.name]] = bias
    return found


def _normalization(
    layer: Any,
    module: str,
    values: list[np.ndarray],
    epsilon: float,
    shift: np.ndarray | None,
) -> dict[str, np.ndarray]:
    gamma = values.pop(0) if layer.scale else np.ones_like(values[0])
    beta, mean, variance = values
    return {
        f"{module}.weight": gamma,
        f"{module}.bias": beta,
        f"{module}.running_mean": mean if shift is None else mean - shift,
        # Variances to which another number is added than here.
        f"{module}.running_var": variance + np.float32(layer.epsilon - epsilon),
        f"{module}.num_batches_tracked": np.array(0, np.int64),
    }


def _turned(layer: keras.Layer, kernel: np.ndarray, library: Library) -> np.ndarray:
    """Return a kernel in the order of torch."""
    if isinstance(layer, layers.DepthwiseConv2D):
        return kernel.transpose(2, 3, 0, 1)
    if isinstance(layer, layers.Conv2D):
        return kernel.transpose(3, 2, 0, 1)
    if layer.name == "fc1":
        turned = kernel.reshape(7, 7, -1, kernel.shape[1]).transpose(3, 2, 0, 1)
        return turned if library == "timm" else turned.reshape(kernel.shape[1], -1)
    if layer.name == "fc2" and library == "timm":  # as a convolution
        return kernel.T[:, :, None, None]
    return kernel.T
