"""Class scores of the layers above a tensor, and their gradients by that tensor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from kerasrecipes.errors import UserError
from kerasrecipes.models.surgery import input_of, output_of

Score = Callable[[Any], Any]


def class_scores(model: keras.Model, inputs: Sequence[Any], fixed: Sequence[Any] = ()) -> Score:
    """Return the function from a tensor within a model to the classes' scores, before any softmax
    or sigmoid.

    Args:
        model: functional; where its last layer is dense, its activation is left out.
        inputs: symbolic tensors of the model: the one that is varied, and others beside it.
        fixed: values of the others.
    """
    last = model.layers[-1]
    others = [keras.ops.convert_to_tensor(value) for value in fixed]
    # A layer has one output; where that is the varied tensor, no dense layer is above it.
    dense = isinstance(last, keras.layers.Dense) and output_of(model, last) is not inputs[0]
    # Before the softmax, whose gradient vanishes where the model is certain.
    rest = keras.Model(list(inputs), input_of(model, last) if dense else model.outputs[0])

    def scores(tensor: Any) -> Any:
        outputs = keras.ops.cast(rest([tensor, *others], training=False), "float32")
        if not dense:
            return outputs
        product = keras.ops.matmul(outputs, last.kernel)
        return product + last.bias if last.use_bias else product

    return scores


def predicted_classes(scores: Any) -> np.ndarray:
    """Return the class with the highest score, `(examples,)`; one score alone speaks for the second
    of two classes if it is positive.

    Args:
        scores: `(examples, classes)` or `(examples, 1)`.
    """
    array = np.asarray(keras.ops.convert_to_numpy(scores))
    return (array[:, 0] > 0).astype(int) if array.shape[-1] == 1 else array.argmax(axis=-1)


def class_gradients(scores: Score, values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Compute the gradient of each example's class score.

    Args:
        scores: from the varied tensor to `(examples, classes)`.
        values: of the varied tensor, `(examples, …)`.
        classes: `(examples,)`, a class index for each example.

    Returns:
        The gradients, in the shape of `values`.

    Raises:
        UserError: on a backend other than TensorFlow and JAX.
    """

    def total(tensor: Any) -> Any:
        found = scores(tensor)
        if found.shape[-1] == 1:  # it speaks for the second class and against the first
            signs = keras.ops.convert_to_tensor(2.0 * classes - 1.0, "float32")
            return keras.ops.sum(found[:, 0] * signs)
        # A score hangs on its own example only, so that one gradient of the sum serves all.
        return keras.ops.sum(found * keras.ops.one_hot(classes, found.shape[-1]))

    return gradients(total, values)


def gradients(total: Callable[[Any], Any], values: np.ndarray) -> np.ndarray:
    """Compute the gradient of a number.

    Args:
        total: from a tensor to the number, by `keras.ops`.
        values: of the tensor.

    Returns:
        The gradient, in the shape of `values`.

    Raises:
        UserError: on a backend other than TensorFlow and JAX.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tensor = tf.convert_to_tensor(values)
        with tf.GradientTape() as tape:
            # A tape follows variables unasked, other tensors only when told.
            tape.watch(tensor)
            value = total(tensor)
        return np.asarray(tape.gradient(value, tensor))
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(total)(jax.numpy.asarray(values)))
    raise UserError(
        f"explanations run on TensorFlow and JAX, received the backend {keras.backend.backend()}"
    )
