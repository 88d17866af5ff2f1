"""A Keras model's forward pass as a graph of TensorFlow, from which converters start."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from kerasrecipes.layers.recurrent.scan import portable_loops


def frozen(model: keras.Model) -> tuple[Any, Any]:
    """Trace a model's forward pass, with loops in the form that converters know.

    Args:
        model: built, on TensorFlow.

    Returns:
        The concrete function, of as many tensors as the model has inputs, to a list of outputs; and
        the same with its variables as constants.
    """
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    given = keras.tree.flatten(model.input)

    def forward(*tensors: Any) -> list[Any]:
        inputs = keras.tree.pack_sequence_as(model.input, tensors)
        return keras.tree.flatten(model(inputs, training=False))

    signature = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for tensor, name in zip(given, names(model)[0], strict=True)
    ]
    with portable_loops():
        function = tf.function(forward, autograph=False).get_concrete_function(*signature)
    return function, convert_to_constants.convert_variables_to_constants_v2(function)


def names(model: keras.Model) -> tuple[list[str], list[str]]:
    """Return the names of a model's inputs and outputs, each one once.

    Args:
        model: built.
    """
    inputs = [tensor.name for tensor in keras.tree.flatten(model.input)]
    outputs = getattr(model, "output_names", [])
    count = len(keras.tree.flatten(model.output))
    if len(outputs) != count or len({*inputs, *outputs}) < len(inputs) + count:
        outputs = [f"output_{number}" for number in range(count)]
    return inputs, list(outputs)


def random_inputs(model: keras.Model) -> Any:
    """Make two random examples of a model's input, in its structure.

    Args:
        model: built.

    Returns:
        Arrays of two rows; token ids are small, other values 0 to 255.
    """
    random = np.random.default_rng(0)

    def example(tensor: Any) -> np.ndarray:
        # An axis of any size is None.
        shape = [size or 8 for size in tensor.shape[1:]]
        if "int" in tensor.dtype:  # token ids, of which every vocabulary has a few
            return random.integers(1, 4, (2, *shape)).astype(tensor.dtype)
        return random.uniform(0, 255, (2, *shape)).astype(tensor.dtype)

    return keras.tree.map_structure(example, model.input)
