"""A Keras model as a LiteRT file, for phones and small devices."""

from __future__ import annotations

from pathlib import Path

import keras

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
