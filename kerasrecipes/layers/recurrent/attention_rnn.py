"""Recurrent layer with attention to a memory before each step: a decoder's core.

The step is `query -> attention -> context -> gates -> state`, and the state of one step is the
query of the next, so that steps cannot be computed at once. The products of the inputs and of the
memory with their kernels can, and are taken before the loop.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from kerasrecipes.errors import unknown
from kerasrecipes.layers.attention import SCORES, Attention
from kerasrecipes.layers.recurrent.scan import scan

Cell = Literal["lstm", "gru"]
ScoreOrNone = Literal["additive", "dot", "general", "none"]
State = tuple[Any, ...]

GATES = {"lstm": 4, "gru": 3}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class AttendingRNN(keras.layers.Layer):
    """LSTM or GRU of which every step gets a context: from a memory by attention, or a constant.

    Before step `t` the last state `s(t-1)` is the query of the attention; the gates get the input,
    the context and the state, as in Bahdanau et al. With `score="none"` the context is the vector
    in the memory's place, the same at all steps, as in Cho et al., or there is none.

    Args:
        cell: `"lstm"` or `"gru"` (whose reset gate is applied after the recurrent product, as in
            `keras.layers.GRU`).
        units: size of the state.
        score: score function of the attention: `"additive"`, `"dot"`, `"general"`, or `"none"`.
        attention_units: size of the space in which additive scores compare; by default `units`.
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, time, features)`.
        state: a tuple of the initial states, `(batch, units)` each: one of a GRU, two of an LSTM.
        memory: `(batch, entries, memory_units)`; with `score="none"` `(batch, memory_units)`, or
            `None`.
        memory_mask: `(batch, entries)`, false where an entry is padding; by default the memory's
            own Keras mask.

    Output shape:
        The states `(batch, time, units)`, the contexts `(batch, time, memory_units)` and the
        attention's weights `(batch, time, entries)`; the latter two are `None` without attention.
        The weights have no gradient.

    Raises:
        UserError: if there is no such cell or score.

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
        score: ScoreOrNone = "additive",
        attention_units: int | None = None,
        **options: Any,
    ):
        super().__init__(**options)
        if cell not in GATES:
            raise unknown("cell", cell, GATES)
        if score not in (*SCORES, "none"):
            raise unknown("score", score, (*SCORES, "none"))
        self.cell, self.units, self.score = cell, units, score
        self.attention_units = attention_units
        self.attention: Attention | None = None
        if score != "none":
            self.attention = Attention(score, attention_units, name="attention")
        self.supports_masking = True

    def build(
        self, inputs_shape: Any, state_shape: Any, memory_shape: Any = None, **_: Any
    ) -> None:
        """Create the kernels.

        Args:
            inputs_shape: `(batch, time, features)`.
            state_shape: shapes of the initial states.
            memory_shape: shape of the memory, `None` where there is none.
            **_: shapes of further arguments, which do not matter.
        """
        width = GATES[self.cell] * self.units
        self.kernel = self.add_weight(name="kernel", shape=(inputs_shape[-1], width))
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, width), initializer="orthogonal"
        )
        self.bias = self.add_weight(name="bias", shape=(width,), initializer=self._initial_bias)
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

    def _initial_bias(self, shape: Any, dtype: Any = None) -> Any:
        bias = ops.zeros(shape, dtype)
        if self.cell == "lstm":
            # Ones open the forget gates, so that gradients reach far from the beginning, as Keras
            # has it.
            ones = ops.ones((self.units,), dtype)
            bias = ops.concatenate([bias[: self.units], ones, bias[2 * self.units :]])
        return bias

    def call(
        self, inputs: Any, state: Any, memory: Any = None, memory_mask: Any = None
    ) -> tuple[Any, Any, Any]:
        """Take all steps.

        Args:
            inputs: `(batch, time, features)`.
            state: the initial states, `(batch, units)` each.
            memory: `(batch, entries, memory_units)`, see the class.
            memory_mask: `(batch, entries)`, false where an entry is padding.

        Returns:
            The states `(batch, time, units)`, the contexts `(batch, time, memory_units)` and the
            weights `(batch, time, entries)`.
        """
        projected = ops.swapaxes(ops.matmul(inputs, self.kernel) + self.bias, 0, 1)
        # (time, batch, gates)
        recurrent = self._recurrent_weights()
        if self.attention is None:
            if memory is not None:
                projected = projected + ops.matmul(memory, self.context_kernel)

            def plain_step(state: State, row: Any) -> tuple[State, State]:
                state = self._advance(row, state, recurrent)
                return state, state[:1]

            (states,) = scan(plain_step, state, projected, (self.units,))[1]
            return ops.swapaxes(states, 0, 1), None, None

        attention, keys = self.attention, self.attention.keys(memory)
        context_kernel = ops.convert_to_tensor(self.context_kernel)

        def step(state: State, row: Any) -> tuple[State, State]:
            context, weights = attention.attend(state[0], keys, memory, memory_mask)
            row = row + ops.matmul(context, context_kernel)
            state = self._advance(row, state, recurrent)
            return state, (state[0], context, weights)

        widths = (self.units, memory.shape[-1], None)
        outputs = scan(step, state, projected, widths)[1]
        states, contexts, weights = (ops.swapaxes(part, 0, 1) for part in outputs)
        return states, contexts, ops.stop_gradient(weights)

    def step(
        self, inputs: Any, state: State, memory: Any = None, keys: Any = None, mask: Any = None
    ) -> tuple[State, Any]:
        """Take one step.

        Args:
            inputs: `(batch, features)`.
            state: the states before the step, as in `call`.
            memory: as in `call`.
            keys: the attention's keys of the memory.
            mask: `(batch, entries)`, false where an entry is padding.

        Returns:
            The new states, and the context, `None` without attention.
        """
        projected = ops.matmul(inputs, self.kernel) + self.bias
        context = None
        if self.attention is not None:
            context, _ = self.attention.attend(state[0], keys, memory, mask)
            projected = projected + ops.matmul(context, self.context_kernel)
        elif memory is not None:
            projected = projected + ops.matmul(memory, self.context_kernel)
        return self._advance(projected, state, self._recurrent_weights()), context

    def _recurrent_weights(self) -> tuple[Any, Any]:
        """Return recurrent kernel and bias as tensors, to be read once before a loop."""
        kernel = ops.convert_to_tensor(self.recurrent_kernel)
        bias = self.recurrent_bias
        return kernel, None if bias is None else ops.convert_to_tensor(bias)

    def _advance(self, projected: Any, state: State, weights: tuple[Any, Any]) -> State:
        """Return the next states, from inputs times kernel, `(batch, gates)`, and the last states.

        Gates come in Keras's order: of an LSTM input, forget, cell, output, of a GRU update, reset,
        candidate.
        """
        kernel, bias = weights
        recurrent = ops.matmul(state[0], kernel)
        if self.cell == "lstm":
            i, f, g, o = ops.split(projected + recurrent, 4, axis=-1)
            cell = ops.sigmoid(f) * state[1] + ops.sigmoid(i) * ops.tanh(g)
            return ops.sigmoid(o) * ops.tanh(cell), cell
        zx, rx, gx = ops.split(projected, 3, axis=-1)
        zh, rh, gh = ops.split(recurrent + bias, 3, axis=-1)
        update, reset = ops.sigmoid(zx + zh), ops.sigmoid(rx + rh)
        return (update * state[0] + (1 - update) * ops.tanh(gx + reset * gh),)

    def compute_mask(self, *_: Any, **__: Any) -> tuple[None, None, None]:
        """Return no masks: padding of the inputs is left to the loss."""
        return None, None, None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = ("cell", "units", "score", "attention_units")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}
