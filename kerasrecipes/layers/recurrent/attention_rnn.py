"""A recurrent layer that looks at a context before each step: a decoder's core.

The step is `query -> attention -> context -> gates -> state`, as the state of one step is the query
of the next. So it must be taken step by step; all else is taken out of the loop: the inputs' and
the keys' projections before it, and, as the gradient is written by hand, the gradients of all
kernels after it, in one product each instead of one at each step.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from kerasrecipes.errors import unknown
from kerasrecipes.layers.attention import SCORES, Attention, bias_of
from kerasrecipes.layers.recurrent.attention_step import (
    ADVANCE,
    attending_recurrence,
    look_up,
    recurrence,
)

Cell = Literal["lstm", "gru"]
GATES = {"lstm": 4, "gru": 3}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class AttendingRNN(keras.layers.Layer):
    """An LSTM or GRU whose every step sees a context: looked up in a memory, or one and the same.

    Before step `t` the last state `s(t-1)` queries the memory by attention; the gates see the
    input, the context and the state, as in Bahdanau et al. With `score="none"` the context is what
    stands in the memory's place, a vector for all steps, as in Cho et al., or nothing.

    Args:
        cell: `"lstm"` or `"gru"` (whose reset gate follows the recurrent product, as in
            `keras.layers.GRU`).
        units: size of the state.
        score: of the attention: `"additive"`, `"dot"`, `"general"`, or `"none"`.
        attention_units: size of the space in which additive scores compare; by default `units`.

    Call arguments:
        inputs: `(batch, time, features)`.
        state: a tuple of the first state, `(batch, units)` each: one of a GRU, two of an LSTM.
        memory: `(batch, entries, memory_units)`; with `score="none"` `(batch, memory_units)`, or
            `None`.
        memory_mask: `(batch, entries)`, false where an entry is padding; by default the memory's
            own Keras mask.

    Returns:
        The states `(batch, time, units)`, the contexts `(batch, time, memory_units)` and the
        attention's weights `(batch, time, entries)`; the latter two are `None` without attention.
        Weights carry no gradient.

    Reference:
        [Neural Machine Translation by Jointly Learning to Align and
        Translate](https://arxiv.org/abs/1409.0473) (Bahdanau et al., 2015);
        [Learning Phrase Representations using RNN Encoder-Decoder](https://arxiv.org/abs/1406.1078)
        (Cho et al., 2014)
    """

    def __init__(
        self,
        cell: Cell,
        units: int,
        score: str = "additive",
        attention_units: int | None = None,
        **options: Any,
    ):
        super().__init__(**options)
        if cell not in GATES:
            raise unknown("cell", cell, GATES)
        if score not in (*SCORES, "none"):
            raise unknown("score", score, (*SCORES, "none"))
        self.cell, self.units, self.score, self.attention_units = (
            cell,
            units,
            score,
            attention_units,
        )
        self.attention = (
            None if score == "none" else Attention(score, attention_units, name="attention")
        )
        self.supports_masking = True

    def build(
        self, inputs_shape: Any, state_shape: Any, memory_shape: Any = None, **_: Any
    ) -> None:
        """Make the kernels."""
        width = GATES[self.cell] * self.units
        self.kernel = self.add_weight(name="kernel", shape=(inputs_shape[-1], width))
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, width), initializer="orthogonal"
        )
        self.bias = self.add_weight(name="bias", shape=(width,), initializer=self._first_bias)
        self.recurrent_bias = self.context_kernel = None
        if self.cell == "gru":
            self.recurrent_bias = self.add_weight(
                name="recurrent_bias", shape=(width,), initializer="zeros"
            )
        if memory_shape is not None:
            self.context_kernel = self.add_weight(
                name="context_kernel", shape=(memory_shape[-1], width)
            )
        if self.attention is not None:
            self.attention.build((inputs_shape[0], self.units), memory_shape)

    def _first_bias(self, shape: Any, dtype: Any = None) -> Any:
        """Begin with zeros, and with open forget gates."""
        bias = ops.zeros(shape, dtype)
        if self.cell == "lstm":
            ones = ops.ones((self.units,), dtype)
            bias = ops.concatenate([bias[: self.units], ones, bias[2 * self.units :]])
        return bias

    def call(
        self, inputs: Any, state: Any, memory: Any = None, memory_mask: Any = None
    ) -> tuple[Any, Any, Any]:
        """Take all steps; see the class."""
        projected = ops.swapaxes(
            ops.matmul(inputs, self.kernel) + self.bias, 0, 1
        )  # (time, batch, gates)
        if self.attention is None:
            if memory is not None:
                projected = projected + ops.matmul(memory, self.context_kernel)
            states = recurrence(self.cell, projected, tuple(state), *self._recurrent_weights)
            return ops.swapaxes(states, 0, 1), None, None
        given = (memory, self.attention.keys(memory), bias_of(memory_mask, memory))
        found = attending_recurrence(
            self.cell,
            self.score,
            projected,
            tuple(state),
            given,
            self._recurrent_weights,
            self._attention_weights,
        )
        states, contexts, weights = (ops.swapaxes(part, 0, 1) for part in found)
        return states, contexts, ops.stop_gradient(weights)

    def step(
        self,
        inputs: Any,
        state: tuple[Any, ...],
        memory: Any = None,
        keys: Any = None,
        bias: Any = None,
    ) -> Any:
        """Take one step.

        Args:
            inputs: `(batch, features)`.
            state: the state before it, as in `call`.
            memory: as in `call`.
            keys: the attention's keys of the memory.
            bias: `(batch, entries)`, from `bias_of`.

        Returns:
            The new state, and the context, `None` without attention.
        """
        projected = ops.matmul(inputs, self.kernel) + self.bias
        context = None
        if self.attention is not None:
            query_kernel, vector, context_kernel = self._attention_weights
            context, _, _ = look_up(self.score, state[0], memory, keys, bias, query_kernel, vector)
            projected = projected + ops.matmul(context, context_kernel)
        elif memory is not None:
            projected = projected + ops.matmul(memory, self.context_kernel)
        kernel, recurrent_bias = self._recurrent_weights
        state, _ = ADVANCE[self.cell](
            projected, ops.matmul(state[0], kernel) + recurrent_bias, state
        )
        return state, context

    @property
    def _recurrent_weights(self) -> tuple[Any, Any]:
        kernel = ops.copy(self.recurrent_kernel)
        if self.recurrent_bias is None:
            return kernel, ops.zeros((kernel.shape[1],), kernel.dtype)
        return kernel, ops.copy(self.recurrent_bias)

    @property
    def _attention_weights(self) -> tuple[Any, Any, Any]:
        """Give query kernel, score vector and context kernel; the first two are empty but for
        additive scores.
        """
        context_kernel = ops.copy(self.context_kernel)
        if self.score != "additive":
            none = ops.zeros((0, 0), context_kernel.dtype)
            return none, none, context_kernel
        attention = self.attention
        return ops.copy(attention.query_kernel), ops.copy(attention.vector), context_kernel

    def compute_mask(self, *_: Any, **__: Any) -> tuple[None, None, None]:
        """Give no masks."""
        return None, None, None

    def get_config(self) -> dict[str, Any]:
        """Give the arguments."""
        own = {
            "cell": self.cell,
            "units": self.units,
            "score": self.score,
            "attention_units": self.attention_units,
        }
        return {**super().get_config(), **own}
