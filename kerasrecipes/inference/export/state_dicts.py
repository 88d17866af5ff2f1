"""A network's weights as a state dict of torchvision or timm, in a file of safetensors."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference.runtimes import Call
from kerasrecipes.layers.scaling import MEANS, BlueGreenRed
from kerasrecipes.models import released_weights, torch_weights
from kerasrecipes.models.torch_weights import Library, Network


def network(model: keras.Model, library: str | None) -> Network:
    """Return what a model is for a library.

    Args:
        model: a trained one.
        library: `torchvision`, `timm`, or `None` for the first that has it.

    Raises:
        UserError: if it has no such network, or not one with the same outputs.
    """
    if library is not None and library not in torch_weights.LIBRARIES:
        raise unknown("format", library, torch_weights.LIBRARIES)
    chosen: Library = "timm" if model.name == "mobilenet" else "torchvision"
    if library is not None:
        chosen = library  # type: ignore[assignment]
    net = torch_weights.network(model, chosen)
    reason = torch_weights.refusal(model)
    if reason is not None:
        raise UserError(f"{chosen}'s {net.name} would answer otherwise than this model: {reason}")
    return net


def write(model: keras.Model, path: Path, net: Network) -> None:
    """Write a model's weights by a library's names.

    Args:
        model: of which `network` tells the names.
        path: of the file.
        net: of `network`.
    """
    from safetensors.numpy import save_file

    tensors = torch_weights.state_dict(model, net.library)
    mean, deviation = scale = _standardization(model)
    if scale == _blue_green_red():
        # Their images come as red, green, blue: so do the channels of the first kernel.
        first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
        name = f"{net.modules[first.name]}.weight"
        tensors[name] = np.ascontiguousarray(tensors[name][:, ::-1])
    metadata = {
        "format": "pt",
        "architecture": net.call(model.output_shape[-1]),
        "mean": json.dumps(mean),
        "std": json.dumps(deviation),
    }
    save_file(tensors, path, metadata=metadata)


def _standardization(model: keras.Model) -> tuple[list[float], list[float]]:
    """Return mean and deviation, as shares of 255, to which a model's scaling comes."""
    layer: Any = model.get_layer("scale")
    if isinstance(layer, BlueGreenRed):
        return _blue_green_red()
    scale, offset = (np.broadcast_to(one, 3).astype(float) for one in (layer.scale, layer.offset))
    deviation = 1 / (255 * scale)
    return [round(x, 6) for x in -offset * deviation], [round(x, 6) for x in deviation]


def _blue_green_red() -> tuple[list[float], list[float]]:
    return [mean / 255 for mean in reversed(MEANS)], [1 / 255] * 3


def load(path: Path, model: keras.Model, net: Network) -> Call:
    """Load a written file as its library does; where that is not installed, into a copy of ours.

    Args:
        path: of the file.
        model: whose weights it has.
        net: of `network`.

    Returns:
        A function from a list of input arrays to the outputs.
    """
    if all(importlib.util.find_spec(name) for name in ("torch", "torchvision", net.library)):
        return _in_torch(path, model, net)
    given = released_weights.find(str(path), model.input_shape)
    copy = keras.models.clone_model(model)
    if isinstance(model.get_layer("scale"), BlueGreenRed):
        front = released_weights.scaling(given, keras="caffe", torch="torch")
        inputs = keras.Input(model.input_shape[1:])
        rest = keras.Model(copy.get_layer("scale").output, copy.output, name=model.name)
        copy = keras.Model(inputs, rest(front(inputs)), name=model.name)
        released_weights.load(rest, given)
    else:
        released_weights.load(copy, given)

    def call(arrays: Sequence[np.ndarray]) -> Sequence[Any]:
        return [keras.ops.convert_to_numpy(copy(arrays[0], training=False))]

    return call


def _in_torch(path: Path, model: keras.Model, net: Network) -> Call:
    import torch
    from safetensors.torch import load_file

    if net.library == "timm":
        import timm

        theirs = timm.create_model(net.name, num_classes=model.output_shape[-1])
    else:
        import torchvision

        options: dict[str, Any] = {"num_classes": model.output_shape[-1]}
        if net.name == "inception_v3":
            options |= {"aux_logits": False, "init_weights": False}
        theirs = getattr(torchvision.models, net.name)(**options)
    theirs.load_state_dict(load_file(path), strict=True)
    theirs.eval()
    mean, deviation = (np.array(one, np.float32) for one in _standardization(model))

    def call(arrays: Sequence[np.ndarray]) -> Sequence[Any]:
        pixels = (arrays[0].astype(np.float32) / 255 - mean) / deviation
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # beside another framework's threads more of them wait for seconds
        try:
            with torch.no_grad():
                outputs = theirs(torch.tensor(pixels.transpose(0, 3, 1, 2).copy()))
        finally:
            torch.set_num_threads(threads)
        return [torch.softmax(outputs, -1).numpy()]

    return call
