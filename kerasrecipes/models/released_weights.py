"""Weights that others trained and released, for networks of the papers to begin with.

Files are those of `keras.applications` (`.h5`), and `.safetensors` by the names of torchvision and
timm. Each expects pixels scaled in its own way, and the network is built so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from kerasrecipes import files
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.layers.scaling import Scaling, scaling_layer, standardization
from kerasrecipes.models import torch_weights
from kerasrecipes.models.safetensors_files import Tensors

# What h5py raises where a file is damaged, or has other contents.
_DAMAGES = (OSError, LookupError, ValueError, TypeError, AttributeError, RuntimeError)
_PICKLED = (".pth", ".pt", ".bin", ".ckpt", ".pkl", ".tar")


@dataclass(frozen=True)
class Released:
    """A file of weights.

    Args:
        path: of the file.
        layout: `keras` for one of `keras.applications`, `torch` for torchvision's or timm's.
        tensors: arrays by name, of `torch`.
        standardized: mean and deviation of the channels, as shares of 255, by which pixels were
            scaled, where the file or `config.json` beside it tells them.
    """

    path: Path
    layout: Literal["keras", "torch"]
    tensors: Mapping[str, Any]
    standardized: tuple[list[float], list[float]] | None = None

    @cached_property
    def has_scales(self) -> bool:
        """Whether factors of a batch normalization were learned, and are not all 1."""
        return any(
            not np.all(self.tensors[name] == 1)
            for name in self.tensors
            if name.endswith(".bn.weight")
        )


class _Unwrapped(Mapping[str, np.ndarray]):
    """Tensors of a file by the names that a model gives them, each read when it is asked for."""

    def __init__(self, tensors: Tensors):
        self.tensors = tensors
        names = list(tensors)
        # Wrappers of a model put their own name before all others.
        prefix = next((p for p in ("module.", "model.", "_orig_mod.") if _all_begin(names, p)), "")
        self.names = {name.removeprefix(prefix): name for name in names}

    def __getitem__(self, name: str) -> np.ndarray:
        return self.tensors[self.names[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def _all_begin(names: list[str], prefix: str) -> bool:
    return bool(names) and all(name.startswith(prefix) for name in names)


def find(weights: str, input_shape: tuple[int, ...]) -> Released | None:
    """Open the file that a setting names.

    Args:
        weights: `none`, or a file.
        input_shape: of the images, which released weights take in colour.

    Returns:
        The file; `None` for `none`.

    Raises:
        UserError: if there is no such file, or it is of another kind.
    """
    if str(weights) == "none":
        return None
    path = files.expanded(weights)
    if path.suffix in _PICKLED:
        raise UserError(
            f"weights={weights}: such a file can run code when it is opened; convert it in torch, "
            "safetensors.torch.save_file(torch.load(FILE, weights_only=True), 'x.safetensors')"
        )
    if not path.is_file():
        raise UserError(f"weights={weights}: there is no such file; give a file, or none")
    if input_shape[-1] != 3:
        raise UserError(
            f"weights={weights}: released weights take colour images, received "
            f"{input_shape[-1]} channel"
        )
    if path.suffix == ".safetensors":
        return _safetensors(path)
    if path.suffix == ".h5" and not path.name.endswith(".weights.h5"):
        return Released(path, "keras", {})
    raise UserError(
        f"weights={weights}: expected .h5 of keras.applications or .safetensors of torchvision or "
        "timm"
    )


def _safetensors(path: Path) -> Released:
    tensors = Tensors(path)
    return Released(path, "torch", _Unwrapped(tensors), _standardized(path, tensors.metadata))


def _standardized(
    path: Path, metadata: Mapping[str, str]
) -> tuple[list[float], list[float]] | None:
    """Return mean and deviation as an export of ours or timm's configuration tells them."""
    config = path.with_name("config.json")
    try:
        if "mean" in metadata:
            told = {name: json.loads(metadata[name]) for name in ("mean", "std")}
        elif config.is_file():
            told = json.loads(config.read_text(encoding="utf-8"))
            told = told.get("pretrained_cfg", told)
        else:
            return None
        mean, deviation = ([float(one) for one in told[name]] for name in ("mean", "std"))
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, OSError):
        return None
    except RecursionError:  # lists in lists
        return None
    finite = np.isfinite([*mean, *deviation]).all()
    usable = len(mean) == len(deviation) == 3 and min(deviation) > 0 and finite
    return (mean, deviation) if usable else None


def scaling(given: Released | None, *, keras: Scaling, torch: Scaling) -> layers.Layer:
    """Return the layer that scales pixels from 0 to 255.

    Args:
        given: the file that the network begins with; without one pixels become -1 … 1.
        keras: scaling of the weights of `keras.applications`.
        torch: scaling of the weights of torchvision and timm, where a file does not tell.
    """
    if given is None:
        return layers.Rescaling(1 / 127.5, offset=-1.0, name="scale")
    if given.layout == "keras":
        return scaling_layer(keras, "scale")
    if given.standardized is not None:
        return standardization(*given.standardized, "scale")
    return scaling_layer(torch, "scale")


def load(model: keras.Model, given: Released | None) -> keras.Model:
    """Set a model's weights to those of a file; its head's only where it has as many classes.

    Args:
        model: built for this file.
        given: the file; `None` leaves the model as it is.

    Returns:
        The model.

    Raises:
        UserError: if the weights are those of another network.
    """
    if given is None:
        return model
    if given.layout == "torch":
        torch_weights.load(model, given.tensors, str(given.path))
        return model
    _load_keras(model, given.path)
    return model


def _load_keras(model: keras.Model, path: Path) -> None:
    own = [layer for layer in model.layers if layer.weights]
    try:
        theirs = _layers_of(path)
    except _DAMAGES as error:
        raise UserError(
            f"{path} is not a file of Keras's weights: {excerpt(str(error))}"
        ) from error
    wrong = f"{path} does not hold the weights of {model.name}"
    missing = own[len(theirs) :]
    if len(theirs) > len(own) or any(not isinstance(one, layers.Dense) for one in missing):
        raise UserError(f"{wrong}: it has {len(theirs)} layers, and {len(own)} are expected")
    for layer, (name, readers) in zip(own, theirs, strict=False):
        shapes = [tuple(variable.shape) for variable in layer.weights]
        try:
            arrays = [read() for read in readers]
        except _DAMAGES as error:
            raise UserError(f"{path} is damaged at {name}: {excerpt(str(error))}") from error
        if isinstance(layer, layers.Dense):  # MobileNet's head is a convolution of one place there
            arrays = [_reshaped(array) for array in arrays]
        if [array.shape for array in arrays] != shapes:
            if layer is own[-1]:
                continue  # other classes
            hint = "; it needs images of 224 x 224 pixels" if layer.name == "fc1" else ""
            found = [array.shape for array in arrays]
            raise UserError(f"{wrong}: {name} has {found}, expected {shapes}{hint}")
        for variable, array in zip(layer.weights, arrays, strict=True):
            variable.assign(array)


def _reshaped(array: np.ndarray) -> np.ndarray:
    """Return a kernel of one place as that of a dense layer.

    Args:
        array: `(1, 1, inputs, units)`, or another shape, which stays.
    """
    return array[0, 0] if array.ndim == 4 and array.shape[:2] == (1, 1) else array


def _layers_of(path: Path) -> list[tuple[str, list[Callable[[], np.ndarray]]]]:
    """Return names and arrays of the layers of a file that have any, in the model's order."""
    import h5py

    def reader(group: str, name: str) -> Callable[[], np.ndarray]:
        def read() -> np.ndarray:
            with h5py.File(path, "r") as file:
                root = file.get("model_weights", file)
                return np.asarray(root[group][name], np.float32)

        return read

    def text(name: Any) -> str:
        return name.decode() if isinstance(name, bytes) else str(name)

    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        found = []
        for group in map(text, root.attrs["layer_names"]):
            names = [text(name) for name in root[group].attrs["weight_names"]]
            if names:
                found.append((group, [reader(group, name) for name in names]))
    return found
