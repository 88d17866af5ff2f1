"""What a captioner needs beside the decoder of translations: places within an image, and a late
look at it.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasrecipes.layers.attention import Attention
from kerasrecipes.layers.registration import register
from kerasrecipes.layers.sequence_decoder import SequenceDecoder, State


@register(old_name="Places")
class RegionEmbedding(keras.layers.Layer):
    """Adds to the features of each place of an image a vector that says which place it is.

    Input shape:
        `(batch, places, features)`.

    Output shape:
        The same.
    """

    def build(self, input_shape: Any) -> None:
        """Make a vector for each place, as long as features are, so that places count from the
        beginning.
        """
        clear = keras.initializers.RandomNormal(stddev=0.5)
        self.vectors = self.add_weight(
            name="vectors", shape=tuple(input_shape[1:]), initializer=clear
        )

    def call(self, inputs: Any) -> Any:
        """Give features that tell their place."""
        return inputs + self.vectors


@register(old_name="MergingDecoder")
class LateFusionDecoder(SequenceDecoder):
    """A decoder whose recurrent layers read words alone; the image joins them when the next word is
    told.

    Its arguments are those of `SequenceDecoder` with `score="none"`.

    Call arguments:
        tokens: `(batch, time)`, beginning with the start token.
        summary: `(batch, features)`, of the image.

    Reference:
        [What is the Role of Recurrent Neural Networks (RNNs) in an Image Caption Generator?](
        https://arxiv.org/abs/1708.02043) (Tanti et al., 2017)
    """

    def build(self, tokens_shape: Any, summary_shape: Any, **_: Any) -> None:
        """Make the weights of all parts."""
        size, dimension = self.settings["vocabulary_size"], self.settings["embedding_dimension"]
        batch = tokens_shape[0]
        self.embedding.build(tokens_shape)
        states = [(batch, self.units)] * self._states
        for number, layer in enumerate(self.recurrent):
            layer.build((batch, None, self.units if number else dimension), states)
        self.read_state.build((batch, None, self.units))
        self.read_context.build((batch, None, summary_shape[-1]))
        self.read_token.build((batch, None, dimension))
        if self.vocabulary is None:
            self.bias = self.add_weight(name="vocabulary_bias", shape=(size,), initializer="zeros")
        else:
            self.vocabulary.build((batch, None, dimension))

    def start(self, *given: Any) -> tuple[tuple[Any, ...], State]:
        """Make ready to take steps; see `SequenceDecoder.start`."""
        fixed, state = self._ready(*(ops.cast(part, self.variable_dtype) for part in given))
        return fixed, keras.tree.map_structure(
            lambda part: ops.cast(part, self.variable_dtype), state
        )

    def step(self, tokens: Any, state: State, fixed: tuple[Any, ...]) -> tuple[Any, State]:
        """Take one step; see `SequenceDecoder.step`."""
        token = x = self.embedding(tokens)
        states = []
        for layer, own in zip(self.recurrent, state, strict=True):
            states.append(layer.step(x, own)[0])
            x = states[-1][0]
        return self._logits(self._read(x, self._seen(x, *fixed)[0], token)), tuple(states)

    def _ready(self, summary: Any) -> tuple[tuple[Any, ...], State]:
        """Give what `start` gives, in the precision of what it is given."""
        return (summary,), self._first(summary)

    def _first(self, summary: Any) -> State:
        zeros = ops.zeros((ops.shape(summary)[0], self.units), dtype=summary.dtype)
        return ((zeros,) * self._states,) * self.num_layers

    def _seen(self, state: Any, summary: Any) -> tuple[Any, Any]:
        """Give what is seen of the image by states `(batch, [time,] units)`, and where."""
        return (summary if len(state.shape) == 2 else ops.expand_dims(summary, 1)), None

    def _all_steps(
        self, tokens: Any, summary: Any, memory: Any, memory_mask: Any, training: bool
    ) -> tuple[Any, Any]:
        fixed, state = self._ready(summary) if memory is None else self._ready(summary, memory)
        embedded = x = self.dropout(
            self.embedding(tokens), training=training
        )  # (batch, time, embedding_dimension)
        for layer, own in zip(self.recurrent, state, strict=True):
            x = self.dropout(layer(x, own)[0], training=training)  # (batch, time, units)
        seen, weights = self._seen(x, *fixed)
        read = self._read(x, seen, embedded)
        return self._logits(self.dropout(read, training=training)), weights


@register(old_name="LookingDecoder")
class LateAttentionDecoder(LateFusionDecoder):
    """A decoder that looks at the image's places when it has read the last word, and then tells the
    next.

    With the state before the last word, as a translator has it, the look could not depend on that
    word: after "a red" it must go to what is red. All looks of a sentence are taken in one product.

    Args:
        *arguments: those of `SequenceDecoder`.
        score: `"additive"`, `"dot"` or `"general"`.
        **options: likewise.

    Call arguments:
        tokens: `(batch, time)`, beginning with the start token.
        summary: `(batch, features)`, from which the first states are made.
        memory: `(batch, places, features)`.

    Reference:
        [Knowing When to Look](https://arxiv.org/abs/1612.01887) (Lu et al., 2017), its spatial
        attention
    """

    def __init__(self, *arguments: Any, score: str = "additive", **options: Any):
        super().__init__(*arguments, score="none", **options)
        self.settings["score"] = score
        self.attention = Attention(score, self.settings["attention_units"], name="attention")

    def build(self, tokens_shape: Any, summary_shape: Any, memory_shape: Any, **_: Any) -> None:
        """Make the weights of all parts."""
        super().build(tokens_shape, memory_shape)
        self.first_states.build(summary_shape)
        self.attention.build((tokens_shape[0], self.units), memory_shape)

    def _ready(self, summary: Any, memory: Any) -> tuple[tuple[Any, ...], State]:
        return (memory, self.attention.keys(memory)), SequenceDecoder._first(self, summary)

    def _seen(self, state: Any, memory: Any, keys: Any) -> tuple[Any, Any]:
        return self.attention.look_up(state, keys, memory)
