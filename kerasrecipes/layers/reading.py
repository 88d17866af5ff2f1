"""Layers that read a text for a question: attention both ways, and where an answer is."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from kerasrecipes.layers.attention import masked_softmax


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BidirectionalAttention(layers.Layer):
    """Attention of a text to a question and of the question to the text (BiDAF).

    Each word of the text gets a mean of the question's words, weighted by how well they fit, and
    all of them the mean of the text's words that fit the question best.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        context: `(batch, time, units)`, with or without a mask.
        question: `(batch, words, units)`, likewise.

    Output shape:
        `(batch, time, 4 * units)`: the text's word, its mean of the question, and products of the
        word with that and with the mean of the text.

    Reference:
        [Bidirectional Attention Flow for Machine Comprehension](https://arxiv.org/abs/1611.01603)
        (Seo et al., 2017)
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.supports_masking = True

    def build(self, context_shape: Any, question_shape: Any) -> None:
        """Create the weights of the scores.

        Args:
            context_shape: `(batch, time, units)`.
            question_shape: `(batch, words, units)`.
        """
        units = context_shape[-1]
        for name in ("of_context", "of_question", "of_both"):
            weight = self.add_weight(
                shape=(units,), initializer=keras.initializers.RandomUniform(-0.1, 0.1), name=name
            )
            setattr(self, name, weight)
        self.built = True

    def call(
        self, context: Any, question: Any, context_mask: Any = None, question_mask: Any = None
    ) -> Any:
        """Return the features, `(batch, time, 4 * units)`."""
        both = ops.matmul(context * self.of_both, ops.swapaxes(question, 1, 2))
        scores = both + ops.expand_dims(ops.matmul(context, self.of_context), 2)
        scores = scores + ops.expand_dims(ops.matmul(question, self.of_question), 1)
        mask = None if question_mask is None else ops.expand_dims(question_mask, 1)
        to_question = ops.matmul(masked_softmax(scores, mask), question)  # (batch, time, units)
        if mask is not None:
            scores = ops.where(mask, scores, ops.cast(-3e4, scores.dtype))
        best = masked_softmax(ops.max(scores, axis=2), context_mask)  # (batch, time)
        to_context = ops.matmul(ops.expand_dims(best, 1), context)  # (batch, 1, units)
        return ops.concatenate(
            [context, to_question, context * to_question, context * to_context], axis=-1
        )

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the text, the first argument."""
        return mask

    def compute_output_shape(self, context_shape: Any, question_shape: Any) -> Any:
        """Return `(batch, time, 4 * units)`."""
        return (*context_shape[:-1], 4 * context_shape[-1])


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SpanProbabilities(layers.Layer):
    """Probability of each word to be the first, and to be the last, of an answer.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, features)`, with or without a mask.

    Output shape:
        `(batch, time, 2)`; each column sums to 1 over time, padding is 0. It has no mask: the loss
        is of one span for each example.
    """

    def __init__(self, **options: Any):
        # In float32 also where layers below compute in half precision, as every head is.
        super().__init__(**{"dtype": "float32", **options})
        self.scores = layers.Dense(2, dtype="float32", name="scores")
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Create the scores' weights."""
        self.scores.build(input_shape)
        self.built = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return the probabilities, `(batch, time, 2)`."""
        by_end = ops.swapaxes(self.scores(inputs), 1, 2)  # (batch, 2, time)
        mask = None if mask is None else ops.expand_dims(mask, 1)
        return ops.swapaxes(masked_softmax(by_end, mask), 1, 2)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return no mask."""
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return `(batch, time, 2)`."""
        return (*input_shape[:-1], 2)
