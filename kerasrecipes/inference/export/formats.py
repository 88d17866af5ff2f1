"""The formats of `export`: how each is written, and loaded in its own runtime."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.inference import runtimes
from kerasrecipes.inference.export import litert, onnx, state_dicts
from kerasrecipes.inference.runtimes import Call
from kerasrecipes.models.augmentation import NAMES as AUGMENTING
from kerasrecipes.models.surgery import with_keras_layers

Quantization = Literal["int8", "float16"]


@dataclass(frozen=True)
class Format:
    """A format that models are written in.

    Args:
        name: what people call it.
        packages: modules that writing and loading it need.
        write: `write(model, path, quantize)`.
        load: `load(path, model)`, a function from a list of input arrays to the outputs; the model
            is the one that was written.
        quantizations: in how many bits weights can be stored besides.
        beside: suffixes of further files that belong to it.
        note: what else is to be said of it, of the model that was written.
    """

    name: str
    packages: tuple[str, ...]
    write: Callable[[keras.Model, Path, str | None], None]
    load: Callable[[Path, keras.Model], Call]
    quantizations: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    note: Callable[[keras.Model], str] | None = None

    def check(self, quantize: str | None) -> None:
        """Check that this machine can write it.

        Args:
            quantize: `int8`, `float16` or `None`.

        Raises:
            UserError: if a package or the backend is missing, or the format has no such weights.
        """
        packages = [*self.packages]
        if "onnx" in packages:
            packages.append("jax2onnx" if keras.backend.backend() == "jax" else "tf2onnx")
        missing = [one for one in packages if importlib.util.find_spec(one) is None]
        if missing:
            raise UserError(
                f"writing {self.name} needs {', '.join(missing)}: pip install {' '.join(missing)}"
            )
        if "tensorflow" in self.packages and keras.backend.backend() != "tensorflow":
            raise UserError(
                f"{self.name} is written by TensorFlow, and KERAS_BACKEND is "
                f"{keras.backend.backend()}: give --backend tensorflow, or export .keras or .onnx"
            )
        if quantize is not None and quantize not in self.quantizations:
            able = [one.name for one in FORMATS.values() if quantize in one.quantizations]
            raise UserError(
                f"{self.name} is not written with {quantize} weights; {' and '.join(able)} are"
            )


def format_of(target: Path, library: str | None = None) -> Format:
    """Return the format that a file's suffix asks for; a folder has none.

    Args:
        target: what is to be written.
        library: whose names the tensors of a `.safetensors` file get, `torchvision` or `timm`;
            `None` for the first that has the network.

    Raises:
        UserError: if there is no such format.
    """
    endings = (*FORMATS, SAFETENSORS)
    if target.suffix not in endings:
        raise unknown("format", target.suffix, [ending or "a folder" for ending in endings])
    if target.suffix == SAFETENSORS:
        return _state_dict(library)
    if library is not None:
        raise UserError(f"--format {library} is written to a file that ends in {SAFETENSORS}")
    return FORMATS[target.suffix]


def _state_dict(library: str | None) -> Format:
    """Return the format of weights by a library's names."""

    def write(model: keras.Model, path: Path, _: str | None) -> None:
        state_dicts.write(model, path, state_dicts.network(model, library))

    def load(path: Path, model: keras.Model) -> Call:
        return state_dicts.load(path, model, state_dicts.network(model, library))

    def note(model: keras.Model) -> str:
        network = state_dicts.network(model, library)
        return (
            f"{network.call(model.output_shape[-1])} takes it by load_state_dict(strict=True); "
            "mean and std of its pixels stand in the file's metadata"
        )

    return Format(SAFETENSORS, ("safetensors",), write, load, note=note)


def _write_keras(model: keras.Model, path: Path, quantize: str | None) -> None:
    with_keras_layers(model).save(path)
    if quantize is not None:
        # Another model: the one that was saved shares layers with the run's.
        saved = keras.saving.load_model(path, compile=False, safe_mode=True)
        saved.quantize(quantize)
        saved.save(path)


def _load_keras(path: Path, written: keras.Model) -> Call:
    model = keras.saving.load_model(path, compile=False, safe_mode=True)

    def call(arrays: Sequence[np.ndarray]) -> Sequence[Any]:
        inputs = keras.tree.pack_sequence_as(written.input, list(arrays))
        outputs = keras.tree.flatten(model(inputs, training=False))
        return [keras.ops.convert_to_numpy(one) for one in outputs]

    return call


def _write_saved_model(model: keras.Model, path: Path, _: str | None) -> None:
    if any(layer.name in AUGMENTING for layer in model.layers):
        # Keras exports layers as they are called by default, and these change images by default.
        inputs = keras.tree.map_structure(
            lambda tensor: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name),
            model.input,
        )
        model = keras.Model(inputs, model(inputs, training=False), name=model.name)
    model.export(path, format="tf_saved_model", verbose=False)


def _write_onnx(model: keras.Model, path: Path, quantize: str | None) -> None:
    onnx.write(model, path)
    if quantize is not None:
        onnx.quantize(path, quantize)


def _write_openvino(model: keras.Model, path: Path, quantize: str | None) -> None:
    """Write OpenVINO's form of the model's ONNX file."""
    import openvino

    between = path.with_suffix(".onnx")
    onnx.write(model, between)
    converted = openvino.convert_model(between)
    openvino.save_model(converted, path, compress_to_fp16=quantize == "float16")
    between.unlink()


def _by(load: Callable[[Path, Any], Call]) -> Callable[[Path, keras.Model], Call]:
    """Return a runtime's loading, which asks for the structure of the inputs, for a model."""
    return lambda path, model: load(path, model.input)


SAFETENSORS = ".safetensors"
# By suffix, but for weights by the names of others.
FORMATS = {
    "": Format("a SavedModel", ("tensorflow",), _write_saved_model, _by(runtimes.saved_model)),
    ".keras": Format(".keras", (), _write_keras, _load_keras, ("int8",)),
    ".onnx": Format(
        ".onnx", ("onnx", "onnxruntime"), _write_onnx, _by(runtimes.onnx), ("int8", "float16")
    ),
    ".tflite": Format(
        ".tflite", ("tensorflow",), litert.write, _by(runtimes.litert), ("int8", "float16")
    ),
    ".xml": Format(
        ".xml",
        ("onnx", "openvino"),
        _write_openvino,
        _by(runtimes.openvino),
        ("float16",),
        beside=(".bin",),
    ),
}
