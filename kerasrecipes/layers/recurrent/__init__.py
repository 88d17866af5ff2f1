"""Recurrent layers: Keras's in weights, masks and results, with a faster loop over time on CPUs.

Reference:
    [Long Short-Term Memory](https://www.bioinf.jku.at/publications/older/2604.pdf) (Hochreiter and
    Schmidhuber, 1997); [Learning Phrase Representations using RNN
    Encoder-Decoder](https://arxiv.org/abs/1406.1078) (Cho et al., 2014)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import keras
from keras import activations, layers, ops

from kerasrecipes import backend
from kerasrecipes.errors import unknown
from kerasrecipes.layers.recurrent.scan import is_portable, scan

Cell = Literal["simple_rnn", "lstm", "gru"]

if TYPE_CHECKING:
    from keras.layers import RNN as _Base
else:
    _Base = object


class _FastLoop(_Base):
    """Mixin of Keras's recurrent layers that takes the project's own loop where that is faster.

    That is TensorFlow on a CPU, in float32, with Keras's default activations and biases, and no
    dropout of the state. Elsewhere Keras's own loop runs: cuDNN's on a GPU, JAX's scan, which
    nothing that was tried was faster than (benchmarks/RESULTS.md).
    """

    kind: str  # of `tf_loop.CELLS`

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> tuple[Any, Any, Any]:
        """Take all steps; see `keras.layers.RNN`."""
        if is_portable():
            return self._portable_loop(sequences, initial_state, mask)
        if not self._is_fast(training):
            return super().inner_loop(sequences, initial_state, mask=mask, training=training)
        from kerasrecipes.layers.recurrent import masking, tf_loop

        if training and self.dropout:
            dropped = self.cell.get_dropout_mask(sequences[:, 0, :])  # the same at every step
            sequences = sequences * ops.expand_dims(dropped, 1)
        return tf_loop.run_layer(
            tf_loop.CELLS[self.kind],
            sequences,
            initial_state if isinstance(initial_state, (list, tuple)) else [initial_state],
            self._loop_weights(),
            mask=masking.time_mask(mask),
            go_backwards=self.go_backwards,
            zero_for_mask=self.zero_output_for_mask,
            return_sequences=self.return_sequences,
            return_states=self.return_state or self.stateful,
            training=bool(training),
        )

    def _portable_loop(self, sequences: Any, states: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Take all steps of an inference, as Keras's own loop does, in a form for export."""
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        counts = ops.ones_like(sequences[:, :, :1]) if mask is None else mask
        counts = ops.cast(ops.reshape(counts, (*ops.shape(sequences)[:2], 1)), sequences.dtype)
        rows = ops.swapaxes(ops.concatenate([sequences, counts], -1), 0, 1)
        rows = ops.flip(rows, 0) if self.go_backwards else rows

        def step(carry: tuple[Any, ...], row: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
            before, *states = carry
            output, new = self.cell(row[:, :-1], states, training=False)
            counts = row[:, -1:] > 0.5
            kept = ops.zeros_like(output) if self.zero_output_for_mask else before
            output = ops.where(counts, output, kept)
            new = [ops.where(counts, x, y) for x, y in zip(new, states, strict=True)]
            return (output, *new), (output,)

        states = tuple(states) if isinstance(states, (list, tuple)) else (states,)
        carry, (outputs,) = scan(step, (ops.zeros_like(states[0]), *states), rows, (self.units,))
        return carry[0], ops.swapaxes(outputs, 0, 1), list(carry[1:])

    def _is_fast(self, training: bool) -> bool:
        if not backend.takes_any_shape() or self.unroll or self.compute_dtype != "float32":
            return False
        recurrent_activation = getattr(self, "recurrent_activation", activations.sigmoid)
        return (
            self.activation is activations.tanh
            and recurrent_activation is activations.sigmoid
            and self.use_bias
            and getattr(self, "reset_after", True)
            and not (training and self.recurrent_dropout)
        )

    def _loop_weights(self) -> list[Any]:
        """Return kernel, recurrent kernel and biases, the input's first."""
        bias = ops.convert_to_tensor(self.cell.bias)
        biases = [bias[0], bias[1]] if len(bias.shape) == 2 else [bias]
        return [
            ops.convert_to_tensor(self.cell.kernel),
            ops.convert_to_tensor(self.cell.recurrent_kernel),
            *biases,
        ]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SimpleRNN(_FastLoop, layers.SimpleRNN):
    """`keras.layers.SimpleRNN`: the same arguments, weights and results, in less time."""

    kind = "simple_rnn"


@keras.saving.register_keras_serializable(package="kerasrecipes")
class LSTM(_FastLoop, layers.LSTM):
    """`keras.layers.LSTM`: the same arguments, weights and results, in less time."""

    kind = "lstm"


@keras.saving.register_keras_serializable(package="kerasrecipes")
class GRU(_FastLoop, layers.GRU):
    """`keras.layers.GRU`: the same arguments, weights and results, in less time."""

    kind = "gru"


CELLS: dict[str, type[layers.RNN]] = {"simple_rnn": SimpleRNN, "lstm": LSTM, "gru": GRU}


def recurrent(
    cell: Cell,
    units: int,
    *,
    return_sequences: bool = False,
    return_state: bool = False,
    bidirectional: bool = False,
    dropout_rate: float = 0.0,
    recurrent_dropout_rate: float = 0.0,
    name: str | None = None,
) -> layers.Layer:
    """Create a recurrent layer.

    Args:
        cell: `"simple_rnn"`, `"lstm"` or `"gru"`.
        units: size of the state, for each direction.
        return_sequences: whether to return the outputs of all steps, or that of the last one.
        return_state: whether to return the last states after the output: two of an LSTM, else one,
            for each direction.
        bidirectional: whether to read the sequence in both directions; the outputs are concatenated
            to `2 * units`.
        dropout_rate: fraction of the inputs to drop during training, the same units at each step.
        recurrent_dropout_rate: fraction of the state to drop during training, the same units at
            each step.
        name: name of the layer.

    Returns:
        A layer, `(batch, time, features)` to `(batch, units)`, or with `return_sequences` to
        `(batch, time, units)`.

    Raises:
        UserError: if there is no such cell.
    """
    if cell not in CELLS:
        raise unknown("cell", cell, CELLS)
    layer = CELLS[cell](
        units,
        return_sequences=return_sequences,
        return_state=return_state,
        dropout=dropout_rate,
        recurrent_dropout=recurrent_dropout_rate,
        name=None if bidirectional else name,
    )
    return layers.Bidirectional(layer, name=name) if bidirectional else layer
