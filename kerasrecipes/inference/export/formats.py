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
from kerasrecipes.inference.export import litert, onnx
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
        load: `load(path, structure)`, a function from a list of input arrays to the outputs;
            `structure` is that of the model's input.
        quantizations: in how many bits weights can be stored besides.
        beside: suffixes of further files that belong to it.
    """

    name: str
    packages: tuple[str, ...]
    write: Callable[[keras.Model, Path, str | None], None]
    load: Callable[[Path, Any], Call]
    quantizations: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

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


def format_of(target: Path) -> Format:
    """Return the format that a file's suffix asks for; a folder has none.

    Args:
        target: what is to be written.

    Raises:
        UserError: if there is no such format.
    """
    if target.suffix not in FORMATS:
        raise unknown("format", target.suffix, [ending or "a folder" for ending in FORMATS])
    return FORMATS[target.suffix]


def _write_keras(model: keras.Model, path: Path, quantize: str | None) -> None:
    with_keras_layers(model).save(path)
    if quantize is not None:
        # Another model: the one that was saved shares layers with the run's.
        saved = keras.saving.load_model(path, compile=False, safe_mode=True)
        saved.quantize(quantize)
        saved.save(path)


def _load_keras(path: Path, structure: Any) -> Call:
    model = keras.saving.load_model(path, compile=False, safe_mode=True)

    def call(arrays: Sequence[np.ndarray]) -> Sequence[Any]:
        inputs = keras.tree.pack_sequence_as(structure, list(arrays))
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


# By suffix.
FORMATS = {
    "": Format("a SavedModel", ("tensorflow",), _write_saved_model, runtimes.saved_model),
    ".keras": Format(".keras", (), _write_keras, _load_keras, ("int8",)),
    ".onnx": Format(
        ".onnx", ("onnx", "onnxruntime"), _write_onnx, runtimes.onnx, ("int8", "float16")
    ),
    ".tflite": Format(
        ".tflite", ("tensorflow",), litert.write, runtimes.litert, ("int8", "float16")
    ),
    ".xml": Format(
        ".xml",
        ("onnx", "openvino"),
        _write_openvino,
        runtimes.openvino,
        ("float16",),
        beside=(".bin",),
    ),
}
