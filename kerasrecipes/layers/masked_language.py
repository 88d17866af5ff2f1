"""The output of a masked language model, by the embeddings that it reads with."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TokenProbabilities(layers.Layer):
    """Probabilities of tokens from their logits, each with a bias of its own.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, vocabulary_size)`, logits.

    Output shape:
        The same, float32.
    """

    def build(self, input_shape: Any) -> None:
        """Create the biases."""
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        """Return probabilities."""
        # In float32, for a softmax of bfloat16 is too coarse.
        logits = ops.cast(inputs, "float32") + ops.cast(self.bias, "float32")
        return ops.softmax(logits, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape
