"""Which tokens a text classifier's answer hangs on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasrecipes.errors import UserError
from kerasrecipes.models.surgery import input_of, output_of
from kerasrecipes.models.text_classifier import WORDS


def importance(
    model: keras.Model, tokens: np.ndarray, classes: np.ndarray | None = None
) -> np.ndarray:
    """Tell how much each token speaks for a class: gradient times input, on the tokens' vectors.

    That is how much the class's score would fall, to first order, if the token's vector were taken
    to zero.

    Args:
        model: of `text_classifier`.
        tokens: `(texts, time)`, token numbers.
        classes: a class number for each text; by default the one that the model answers.

    Returns:
        `(texts, time)`, negative where a token speaks against the class, 0 for padding.

    Raises:
        UserError: if the model does not turn tokens into vectors.

    Reference:
        [Visualizing and Understanding Neural Models in NLP](https://arxiv.org/abs/1506.01066) (Li
        et al., 2016); [Learning Important Features Through Propagating Activation
        Differences](https://arxiv.org/abs/1704.02685) (Shrikumar et al., 2017)
    """
    encode = next((layer for layer in model.layers if layer.name == WORDS), None)
    if encode is None:
        raise UserError(
            f"the model {model.name} has no layer '{WORDS}' that turns tokens into vectors"
        )
    vectors = keras.ops.convert_to_numpy(encode(keras.ops.convert_to_tensor(tokens)))
    score = _scores(model, encode, tokens)
    if classes is None:
        given = np.asarray(keras.ops.convert_to_numpy(score(keras.ops.convert_to_tensor(vectors))))
        classes = (given[:, 0] > 0).astype(int) if given.shape[-1] == 1 else given.argmax(axis=-1)
    products = _slopes(score, vectors, np.asarray(classes)) * vectors
    if products.ndim == 2:  # of a bag, each word's part is shared by its places
        counts = np.stack([np.bincount(row, minlength=products.shape[1]) for row in tokens])
        places = np.arange(len(tokens))[:, None]
        found = products[places, tokens] / np.maximum(counts[places, tokens], 1)
    else:
        found = products.sum(axis=-1)
    return np.where(tokens == 0, 0.0, found)


def _scores(model: keras.Model, encode: keras.Layer, tokens: np.ndarray) -> Callable[[Any], Any]:
    """Give the function from the tokens' vectors to the classes' scores, before any softmax or
    sigmoid.
    """
    last = model.layers[-1]
    # The mask comes from the tokens by a way of its own, beside the vectors.
    rest = keras.Model([output_of(model, encode), input_of(model, encode)], input_of(model, last))
    given = keras.ops.convert_to_tensor(tokens)
    bias = last.bias if last.use_bias else 0.0

    def score(vectors: Any) -> Any:
        features = rest([vectors, given], training=False)
        return keras.ops.matmul(keras.ops.cast(features, "float32"), last.kernel) + bias

    return score


def _slopes(score: Callable[[Any], Any], vectors: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Give the derivative of each text's own class by its tokens' vectors."""

    def total(tensor: Any) -> Any:
        scores = score(tensor)
        if (
            scores.shape[-1] == 1
        ):  # of two classes, one score speaks for the second and against the first
            return keras.ops.sum(
                scores[:, 0] * keras.ops.convert_to_tensor(2.0 * classes - 1.0, "float32")
            )
        return keras.ops.sum(scores * keras.ops.one_hot(classes, scores.shape[-1]))

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        tensor = tf.convert_to_tensor(vectors)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            value = total(tensor)
        return np.asarray(tape.gradient(value, tensor))
    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.grad(total)(jax.numpy.asarray(vectors)))
    raise UserError(
        f"explanations run on TensorFlow and JAX, received the backend {keras.backend.backend()}"
    )
