"""Runtimes of exported models: from a file to a function of arrays, without Keras."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Call = Callable[[Sequence[np.ndarray]], Sequence[Any]]


def onnx(path: Path, _: Any = None) -> Call:
    """Return a function from input arrays to output arrays, by onnxruntime.

    Args:
        path: of an ONNX file.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [item.name for item in session.get_inputs()]
    return lambda arrays: session.run(None, dict(zip(names, arrays, strict=True)))


def litert(path: Path, _: Any = None) -> Call:
    """Return a function from input arrays to output arrays, by LiteRT's interpreter.

    Args:
        path: of a LiteRT file.
    """
    interpreter = _interpreter(path)
    given, found = interpreter.get_input_details(), interpreter.get_output_details()
    shapes: list[Any] = []

    def call(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        if [array.shape for array in arrays] != shapes:
            # An axis of any size is 1 until it is resized; memory is allocated only then.
            for detail, array in zip(given, arrays, strict=True):
                interpreter.resize_tensor_input(detail["index"], array.shape)
            interpreter.allocate_tensors()
            shapes[:] = [array.shape for array in arrays]
        for detail, array in zip(given, arrays, strict=True):
            interpreter.set_tensor(detail["index"], array)
        interpreter.invoke()
        return [interpreter.get_tensor(detail["index"]) for detail in found]

    return call


def _interpreter(path: Path) -> Any:
    """Return LiteRT's own interpreter, or TensorFlow's, which is to go."""
    if importlib.util.find_spec("ai_edge_litert") is not None:
        from ai_edge_litert.interpreter import Interpreter

        return Interpreter(str(path))
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tf.lite.Interpreter(str(path))


def openvino(path: Path, _: Any = None) -> Call:
    """Return a function from input arrays to output arrays, by OpenVINO.

    Args:
        path: of the `.xml` file, with the `.bin` file beside it.
    """
    import openvino as library

    # In float32, also where the processor could compute in bfloat16.
    compiled = library.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})

    def call(arrays: Sequence[np.ndarray]) -> Sequence[Any]:
        found = compiled(list(arrays))
        return [found[output] for output in compiled.outputs]

    return call


def saved_model(path: Path, _: Any = None) -> Call:
    """Return a function from input arrays to output arrays, by TensorFlow.

    Args:
        path: the folder of a SavedModel that Keras wrote.
    """
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    # One argument: a tensor, or a list or dictionary of tensors, which is flattened by name.
    (structure,), _ = loaded.serve.concrete_functions[0].structured_input_signature

    def call(arrays: Sequence[np.ndarray]) -> Sequence[Any]:
        tensors = [tf.constant(array) for array in arrays]
        outputs = loaded.serve(tf.nest.pack_sequence_as(structure, tensors))
        return [one.numpy() for one in tf.nest.flatten(outputs)]

    return call
