"""Caption decoders: position embeddings of an image's regions, late fusion and late attention."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasrecipes.layers.attention import Attention, Score
from kerasrecipes.layers.registration import register
from kerasrecipes.layers.sequence_decoder import SequenceDecoder, State


@register(old_name="Places")
class RegionEmbedding(keras.layers.Layer):
    """Adds a learned position embedding to the features of each region of an image.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, regions, features)`.

    Output shape:
        The same.
    """

    def build(self, input_shape: Any) -> None:
        """Create an embedding for each region."""
        # About as large as the features, so that positions matter from the first step on.
        initializer = keras.initializers.RandomNormal(stddev=0.5)
        self.vectors = self.add_weight(
            name="vectors", shape=tuple(input_shape[1:]), initializer=initializer
        )

    def call(self, inputs: Any) -> Any:
        """Return features with their position, `(batch, regions, features)`."""
        return inputs + self.vectors


@register(old_name="MergingDecoder")
class LateFusionDecoder(SequenceDecoder):
    """Decoder whose recurrent layers read tokens only; the image joins before the output layer.

    Its arguments are those of `SequenceDecoder` with `score="none"`.

    Call arguments:
        tokens: token ids, `(batch, time)`, beginning with the start token.
        summary: features of the image, `(batch, features)`.

    Output shape:
        Logits, `(batch, time, vocabulary_size)`.

    Reference:
        [What is the Role of Recurrent Neural Networks (RNNs) in an Image Caption Generator?](
        https://arxiv.org/abs/1708.02043) (Tanti et al., 2017)
    """

    def build(
        self, tokens_shape: Any, summary_shape: Any, memory_shape: Any = None, **_: Any
    ) -> None:
        """Create the weights of all parts.

        Args:
            tokens_shape: `(batch, time)`.
            summary_shape: `(batch, features)`.
            memory_shape: not used; there is no memory.
            **_: shapes of further arguments, which do not matter.
        """
        self._build_late(tokens_shape, summary_shape[-1])

    def _build_late(self, tokens_shape: Any, context_width: int) -> None:
        self.embedding.build(tokens_shape)
        self._build_recurrent(tokens_shape[0])
        self._build_output(tokens_shape[0], context_width)

    def start(
        self, summary: Any, memory: Any = None, memory_mask: Any = None, *, max_length: int = 0
    ) -> tuple[tuple[Any, ...], State]:
        """Compute what `step` needs before the first token; see `SequenceDecoder.start`.

        Args:
            summary: `(batch, features)`.
            memory: `(batch, regions, features)`, or `None`.
            memory_mask: not used; images have no padding.
            max_length: tokens that will be read; a recurrent state needs no room for them.

        Returns:
            The tensors that stay the same at each step, and the initial state.
        """
        summary = ops.cast(summary, self.variable_dtype)
        memory = None if memory is None else ops.cast(memory, self.variable_dtype)
        fixed, state = self._prepared(summary, memory)
        return fixed, self._in_variable_dtype(state)

    def step(self, tokens: Any, state: State, fixed: tuple[Any, ...]) -> tuple[Any, State]:
        """Take one step; see `SequenceDecoder.step`.

        Args:
            tokens: last token ids, `(batch,)`.
            state: states of all layers.
            fixed: tensors that stay the same, from `start`.

        Returns:
            Logits `(batch, vocabulary_size)`, and the new states.
        """
        embedded = x = self.embedding(tokens)
        states = []
        for layer, own in zip(self.recurrent, state, strict=True):
            states.append(layer.step(x, own)[0])
            x = states[-1][0]
        context, _ = self._context(x, fixed)
        return self._logits(self._combined(x, context, embedded)), tuple(states)

    def _prepared(self, summary: Any, memory: Any) -> tuple[tuple[Any, ...], State]:
        """Return the tensors of every step, and the initial state, in the dtype of the summary."""
        zeros = ops.zeros((ops.shape(summary)[0], self.units), dtype=summary.dtype)
        return (summary,), ((zeros,) * self._states_per_layer,) * self.num_layers

    def _context(self, state: Any, fixed: tuple[Any, ...]) -> tuple[Any, Any]:
        """Compute context and weights for states `(batch, [time,] units)`."""
        (summary,) = fixed
        return (summary if len(state.shape) == 2 else ops.expand_dims(summary, 1)), None

    def _all_steps(
        self, tokens: Any, summary: Any, memory: Any, memory_mask: Any, training: bool
    ) -> tuple[Any, Any]:
        fixed, state = self._prepared(summary, memory)
        embedded = x = self.dropout(self.embedding(tokens), training=training)
        for layer, own in zip(self.recurrent, state, strict=True):
            x = self.dropout(layer(x, own)[0], training=training)  # (batch, time, units)
        context, weights = self._context(x, fixed)
        combined = self._combined(x, context, embedded)
        return self._logits(self.dropout(combined, training=training)), weights


@register(old_name="LookingDecoder")
class LateAttentionDecoder(LateFusionDecoder):
    """Decoder that attends to an image's regions after reading the last token.

    With the state before the last token as query, as in a translator, the attention could not
    depend on that token: after "a red" it must go to what is red. All queries of a sentence are
    answered in one product.

    Args:
        *arguments: those of `SequenceDecoder`.
        score: score function: `"additive"`, `"dot"` or `"general"`.
        **options: further arguments of `SequenceDecoder`.

    Call arguments:
        tokens: token ids, `(batch, time)`, beginning with the start token.
        summary: `(batch, features)`, from which the initial states are computed.
        memory: features of the regions, `(batch, regions, features)`.

    Output shape:
        Logits, `(batch, time, vocabulary_size)`.

    Reference:
        [Knowing When to Look](https://arxiv.org/abs/1612.01887) (Lu et al., 2017), its spatial
        attention
    """

    def __init__(self, *arguments: Any, score: Score = "additive", **options: Any):
        super().__init__(*arguments, score="none", **options)
        self.settings["score"] = score
        self.attention = Attention(score, self.settings["attention_units"], name="attention")

    def build(
        self, tokens_shape: Any, summary_shape: Any, memory_shape: Any = None, **_: Any
    ) -> None:
        """Create the weights of all parts.

        Args:
            tokens_shape: `(batch, time)`.
            summary_shape: `(batch, features)`.
            memory_shape: `(batch, regions, features)`.
            **_: shapes of further arguments, which do not matter.
        """
        self._build_late(tokens_shape, memory_shape[-1])
        self.first_states.build(summary_shape)
        self.attention.build((tokens_shape[0], self.units), memory_shape)

    def _prepared(self, summary: Any, memory: Any) -> tuple[tuple[Any, ...], State]:
        return (memory, self.attention.keys(memory)), self._initial_state(summary)

    def _context(self, state: Any, fixed: tuple[Any, ...]) -> tuple[Any, Any]:
        memory, keys = fixed
        return self.attention.attend(state, keys, memory)
