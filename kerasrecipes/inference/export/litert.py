"""A Keras model as a LiteRT file, for phones and small devices."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes.inference.export import graphs


def write(model: keras.Model, path: Path, quantize: str | None = None) -> None:
    """Write a model as LiteRT.

    Args:
        model: built, on TensorFlow.
        path: of the file.
        quantize: `int8` or `float16` for the weights; by default they stay as they are.
    """
    import tensorflow as tf

    function, _ = graphs.frozen(model)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
    if quantize is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if quantize == "float16":
        converter.target_spec.supported_types = [tf.float16]
    path.write_bytes(converter.convert())


def load(path: Path, _: Any = None) -> Any:
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
