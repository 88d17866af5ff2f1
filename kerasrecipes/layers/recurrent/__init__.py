"""Recurrent layers: Keras's own in weights, masks and results, with a faster loop over time on
processors.

Reference:
    [Long Short-Term Memory](https://www.bioinf.jku.at/publications/older/2604.pdf) (Hochreiter and
    Schmidhuber, 1997); [Learning Phrase Representations using RNN
    Encoder-Decoder](https://arxiv.org/abs/1406.1078) (Cho et al., 2014)
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import activations, layers, ops

from kerasrecipes import backend
from kerasrecipes.errors import unknown

Cell = Literal["simple_rnn", "lstm", "gru"]


class _Fast:
    """Takes the project's own loop over time where that is the faster one and gives the same.

    That is TensorFlow on a processor, in float32, with the activations and biases that Keras has by
    default, and no dropout of the state. Elsewhere Keras's own loop runs: cuDNN's on a GPU, JAX's
    scan, which nothing tried did beat.
    """

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """Take all steps; see `keras.layers.RNN`."""
        if not self._is_fast(training):
            return super().inner_loop(sequences, initial_state, mask=mask, training=training)
        from kerasrecipes.layers.recurrent import masking, tf_loop

        if training and self.dropout:
            sequences = sequences * ops.expand_dims(
                self.cell.get_dropout_mask(sequences[:, 0, :]), 1
            )
        return tf_loop.along(
            tf_loop.CELLS[self.kind],
            sequences,
            initial_state if isinstance(initial_state, (list, tuple)) else [initial_state],
            self._weights(),
            mask=masking.mask_of(mask),
            backwards=self.go_backwards,
            zero_for_mask=self.zero_output_for_mask,
            sequence=self.return_sequences,
            all_states=self.return_state or self.stateful,
            training=bool(training),
        )

    def _is_fast(self, training: bool) -> bool:
        if not backend.takes_any_shape() or self.unroll or self.compute_dtype != "float32":
            return False
        plain = self.activation is activations.tanh and self.use_bias
        plain = (
            plain
            and getattr(self, "recurrent_activation", activations.sigmoid) is activations.sigmoid
        )
        plain = plain and getattr(self, "reset_after", True)
        return plain and not (training and self.recurrent_dropout)

    def _weights(self) -> list[Any]:
        """Give kernel, recurrent kernel and biases, the input's first."""
        bias = ops.convert_to_tensor(self.cell.bias)
        biases = [bias[0], bias[1]] if len(bias.shape) == 2 else [bias]
        return [
            ops.convert_to_tensor(self.cell.kernel),
            ops.convert_to_tensor(self.cell.recurrent_kernel),
            *biases,
        ]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SimpleRNN(_Fast, layers.SimpleRNN):
    """`keras.layers.SimpleRNN`: the same arguments, weights and results, in less time."""

    kind = "simple_rnn"


@keras.saving.register_keras_serializable(package="kerasrecipes")
class LSTM(_Fast, layers.LSTM):
    """`keras.layers.LSTM`: the same arguments, weights and results, in less time."""

    kind = "lstm"


@keras.saving.register_keras_serializable(package="kerasrecipes")
class GRU(_Fast, layers.GRU):
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
    """Make a recurrent layer.

    Args:
        cell: `"simple_rnn"`, `"lstm"` or `"gru"`.
        units: size of the state, of each direction.
        return_sequences: give the output of every step, not of the last one only.
        return_state: give the states after the output: of an LSTM two, of the others one, and of
            both directions.
        bidirectional: read the sequence from both ends; the outputs are joined to `2 * units`.
        dropout_rate: share of the inputs that is dropped in training, the same at every step.
        recurrent_dropout_rate: share of the state that is dropped in training, the same at every
            step.
        name: of the layer.

    Returns:
        A layer from `(batch, time, features)` to `(batch, units)`, or with `return_sequences` to
        `(batch, time, units)`.

    Raises:
        UserError: if there is no such cell.
    """
    if cell not in CELLS:
        raise unknown("cell", cell, CELLS)
    options = {"return_sequences": return_sequences, "return_state": return_state}
    rates = {"dropout": dropout_rate, "recurrent_dropout": recurrent_dropout_rate}
    layer = CELLS[cell](units, **options, **rates, name=None if bidirectional else name)
    return layers.Bidirectional(layer, name=name) if bidirectional else layer
