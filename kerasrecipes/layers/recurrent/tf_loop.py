"""Loop over time of recurrent layers on TensorFlow, with a hand-written gradient.

Keras's loop takes a step at a time: on a CPU a third of the time goes into matrix products, the
rest into scheduling some forty small operations a step, and as many backwards. Here several steps
are one turn of the loop; the product with the inputs and all gradients of weights are computed for
the whole turn at once; and what the backward pass needs is kept as it is, not copied. What it gains
and what was tried beside it stands in benchmarks/RESULTS.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kerasrecipes.layers.recurrent.masking import Packing

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

STEPS = 8  # steps of a turn of the loop; the lengths of buckets are multiples of it
Tensors = tuple[Any, ...]


@dataclass(frozen=True)
class Cell:
    """One step of a recurrent network and its gradient.

    Args:
        saves: number of tensors that `step` saves for `gradient`.
        step: `step(projected, recurrent, states) -> (states, saved)`: from the products of inputs
            and state with their kernels, `(batch, gates * units)` each, and from the carried
            states, `(batch, units)` each, of which the first is the output.
        gradient: `gradient(saved, states' gradients) -> (projected's, recurrent's, earlier states'
            gradients)`; the output's gradient through the recurrent kernel is added by the loop,
            and is the only one where this is `None`.
    """

    saves: int
    step: Callable[[Any, Any, Tensors], tuple[Tensors, Tensors]]
    gradient: Callable[[Tensors, Tensors], tuple[Any, Any, Tensors]]


def _simple_step(projected: Any, recurrent: Any, states: Tensors) -> tuple[Tensors, Tensors]:
    output = tf.tanh(projected + recurrent)
    return (output,), (output,)


def _simple_gradient(saved: Tensors, gradients: Tensors) -> tuple[Any, Any, Tensors]:
    inner = tf.raw_ops.TanhGrad(y=saved[0], dy=gradients[0])
    return inner, inner, (None,)


def _lstm_step(projected: Any, recurrent: Any, states: Tensors) -> tuple[Tensors, Tensors]:
    before = states[1]
    i, f, g, o = tf.split(projected + recurrent, 4, axis=1)  # input, forget, cell, output
    i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
    cell = f * before + i * g
    squashed = tf.tanh(cell)
    return (o * squashed, cell), (i, f, g, o, squashed, before)


def _lstm_gradient(saved: Tensors, gradients: Tensors) -> tuple[Any, Any, Tensors]:
    i, f, g, o, squashed, before = saved
    output, cell = gradients
    cell += tf.raw_ops.TanhGrad(y=squashed, dy=output * o)
    inner = tf.concat(
        [
            tf.raw_ops.SigmoidGrad(y=i, dy=cell * g),
            tf.raw_ops.SigmoidGrad(y=f, dy=cell * before),
            tf.raw_ops.TanhGrad(y=g, dy=cell * i),
            tf.raw_ops.SigmoidGrad(y=o, dy=output * squashed),
        ],
        axis=1,
    )  # (batch, 4 * units)
    return inner, inner, (None, cell * f)


def _gru_step(projected: Any, recurrent: Any, states: Tensors) -> tuple[Tensors, Tensors]:
    before = states[0]
    zx, rx, gx = tf.split(projected, 3, axis=1)  # update, reset, candidate
    zh, rh, gh = tf.split(recurrent, 3, axis=1)
    z, r = tf.sigmoid(zx + zh), tf.sigmoid(rx + rh)
    g = tf.tanh(gx + r * gh)
    return (g + z * (before - g),), (z, r, g, gh, before)


def _gru_gradient(saved: Tensors, gradients: Tensors) -> tuple[Any, Any, Tensors]:
    z, r, g, gh, before = saved
    output = gradients[0]
    kept = output * z
    candidate = tf.raw_ops.TanhGrad(y=g, dy=output - kept)
    update = tf.raw_ops.SigmoidGrad(y=z, dy=output * (before - g))
    reset = tf.raw_ops.SigmoidGrad(y=r, dy=candidate * gh)
    projected = tf.concat([update, reset, candidate], axis=1)  # (batch, 3 * units)
    recurrent = tf.concat([update, reset, candidate * r], axis=1)
    return projected, recurrent, (kept,)


CELLS = {
    "simple_rnn": Cell(1, _simple_step, _simple_gradient),
    "lstm": Cell(6, _lstm_step, _lstm_gradient),
    "gru": Cell(5, _gru_step, _gru_gradient),
}


def run_layer(
    cell: Cell,
    sequences: Any,
    states: Sequence[Any],
    weights: Sequence[Any],
    *,
    mask: Any = None,
    go_backwards: bool = False,
    zero_for_mask: bool = False,
    return_sequences: bool = True,
    return_states: bool = True,
    training: bool = False,
) -> tuple[Any, Any, list[Any]]:
    """Run a recurrent layer over sequences, with masks and directions as `keras.layers.RNN`.

    Args:
        cell: of `CELLS`.
        sequences: `(batch, time, features)`.
        states: `(batch, units)` each, before the first step.
        weights: kernel, recurrent kernel, bias, and the bias of the state's part where that has its
            own.
        mask: `(batch, time)`, true where a step counts; or `None`.
        go_backwards: whether the last step is read first; outputs are then in the order of reading.
        zero_for_mask: whether the output of masked steps is zero, or the output before.
        return_sequences: whether the outputs of all steps are needed.
        return_states: whether all last states are needed, or only that of the output.
        training: whether gradients are needed: they are then computed by the loop's own rule, which
            can not be exported.

    Returns:
        The last output, `(batch, units)`, the outputs, `(batch, time, units)` or `(batch, 1,
        units)`, and the last states.
    """
    packing = None if mask is None else Packing(mask, go_backwards)
    if packing is not None:
        sequences = packing.pack(sequences)
    elif go_backwards:
        sequences = tf.reverse(sequences, [1])
    # As tensors: to a custom gradient a variable of the function's closure is unknown.
    kernel, recurrent, *biases = map(tf.convert_to_tensor, weights)
    inputs = tf.transpose(sequences, [1, 0, 2])  # (time, batch, features)
    returned = len(states) if return_states else 1
    given = run(cell, inputs, states, kernel, recurrent, biases, returned, training)
    last = [state[-1] for state in given] if packing is None else packing.last_states(given, states)
    if not return_sequences:
        outputs = last[0][:, None]
    else:
        outputs = tf.transpose(given[0], [1, 0, 2])  # (batch, time, units)
        outputs = outputs if packing is None else packing.unpack(outputs, last[0], zero_for_mask)
    return last[0], outputs, [*last, *states[len(last) :]]


@dataclass(frozen=True)
class _Loop:
    """Sizes of a loop.

    Args:
        cell: the step and its gradient.
        steps: steps of a turn.
        turns: number of turns, a tensor.
        given: number of states that are returned after every step.
        saves: number of tensors of a step that are kept for the backward pass.
    """

    cell: Cell
    steps: int
    turns: Any
    given: int
    saves: int

    def array(self, kind: Any, size: Any = None) -> Any:
        """Create an array of a tensor for each step, or of `size` tensors."""
        return tf.TensorArray(
            kind, self.turns * self.steps if size is None else size, clear_after_read=False
        )

    def by_turn(self, column: Any) -> Any:
        """Return an array with the rows of each turn, `(steps * batch, width)`."""
        rows = tf.reshape(column, [self.turns, -1, column.shape[-1]])
        return self.array(column.dtype, self.turns).unstack(rows)


def run(
    cell: Cell,
    inputs: Any,
    states: Sequence[Any],
    kernel: Any,
    recurrent_kernel: Any,
    biases: Sequence[Any],
    given: int = 1,
    training: bool = True,
) -> Tensors:
    """Run a recurrent network over a sequence.

    Args:
        cell: of `CELLS`.
        inputs: `(time, batch, features)`.
        states: `(batch, units)` each, before the first step.
        kernel: `(features, gates * units)`.
        recurrent_kernel: `(units, gates * units)`.
        biases: `(gates * units,)` each: of the input's part, and of the state's where that has its
            own.
        given: number of states to return, beginning with the output.
        training: whether gradients are computed by the loop's own rule, or by TensorFlow's.

    Returns:
        Each of those states after every step, `(time, batch, units)`.
    """
    time = inputs.shape[0]
    steps = STEPS if time is None else max(1, min(STEPS, time))
    count = tf.shape(inputs)[0]
    whole = time is not None and time % steps == 0
    if not whole:  # the last turn is filled up; what its further steps return is cut off below
        inputs = tf.pad(inputs, [[0, -count % steps], [0, 0], [0, 0]])
    loop = _Loop(cell, steps, tf.shape(inputs)[0] // steps, given, cell.saves if training else 0)

    @tf.custom_gradient
    def recur(inputs: Any, kernel: Any, recurrent_kernel: Any, *others: Any) -> Any:
        weights, first = (kernel, recurrent_kernel, *others[: len(biases)]), others[len(biases) :]
        turned = loop.by_turn(inputs)
        outputs, kept = _forward(loop, turned, weights, first)

        def gradient(*upstream: Any) -> Tensors:
            parts = _backward(loop, turned, weights, first, (outputs[0], kept), upstream)
            return tf.reshape(parts[0], tf.shape(inputs)), *parts[1:]

        return outputs, gradient

    if training:
        outputs = recur(inputs, kernel, recurrent_kernel, *biases, *states)
    else:
        weights = (kernel, recurrent_kernel, *biases)
        outputs, _ = _forward(loop, loop.by_turn(inputs), weights, tuple(states))
    outputs = outputs if whole else [output[:count] for output in outputs]
    return tuple(tf.ensure_shape(output, [time, *states[0].shape]) for output in outputs)


def _forward(
    loop: _Loop, turned: Any, weights: Tensors, first: Tensors
) -> tuple[Tensors, list[Any]]:
    """Take all steps; return the states after each, and the arrays of saved tensors."""
    kernel, recurrent, bias, *bias_r = weights
    kind = kernel.dtype
    arrays = [loop.array(kind) for _ in range(loop.given + loop.saves)]

    def body(turn: Any, carried: Tensors, arrays: list[Any]) -> tuple[Any, Tensors, list[Any]]:
        projected = tf.split(tf.nn.bias_add(tf.matmul(turned.read(turn), kernel), bias), loop.steps)
        for step in range(loop.steps):
            part = tf.matmul(carried[0], recurrent)
            part = tf.nn.bias_add(part, bias_r[0]) if bias_r else part
            carried, saved = loop.cell.step(projected[step], part, carried)
            time = turn * loop.steps + step
            values = (*carried[: loop.given], *saved[: loop.saves])
            arrays = [array.write(time, value) for array, value in zip(arrays, values, strict=True)]
        # The split rows have lost a known batch size, and the loop's shapes may not change.
        carried = tuple(
            tf.ensure_shape(new, old.shape) for new, old in zip(carried, first, strict=True)
        )
        return turn + 1, carried, arrays

    start = (tf.constant(0), tuple(first), arrays)
    _, _, arrays = tf.while_loop(
        lambda turn, *_: turn < loop.turns, body, start, maximum_iterations=loop.turns
    )
    return tuple(array.stack() for array in arrays[: loop.given]), arrays[loop.given :]


def _backward(
    loop: _Loop,
    turned: Any,
    weights: Tensors,
    first: Tensors,
    forward: tuple[Any, list[Any]],
    upstream: Tensors,
) -> Tensors:
    """Take all steps back; return the gradients of inputs, weights and first states."""
    kernel, recurrent, _, *bias_r = weights
    outputs, kept = forward
    earlier = loop.by_turn(tf.concat([first[0][None], outputs[:-1]], axis=0))
    above = [loop.array(kernel.dtype).unstack(gradient) for gradient in upstream]

    def body(turn: Any, states: Tensors, sums: list[Any], inputs: Any) -> tuple[Any, ...]:
        projected, parts = [None] * loop.steps, [None] * loop.steps
        for step in reversed(range(loop.steps)):
            time = turn * loop.steps + step
            given = [state + array.read(time) for state, array in zip(states, above, strict=False)]
            saved = tuple(array.read(time) for array in kept)
            projected[step], parts[step], back = loop.cell.gradient(
                saved, (*given, *states[loop.given :])
            )
            through = tf.matmul(parts[step], recurrent, transpose_b=True)
            states = (through if back[0] is None else through + back[0], *back[1:])
        # Gradients of weights: one product for the whole turn.
        inner = tf.concat(projected, axis=0)  # (steps * batch, gates * units)
        part = tf.concat(parts, axis=0) if bias_r else inner
        new = [
            tf.matmul(turned.read(turn), inner, transpose_a=True),
            tf.matmul(earlier.read(turn), part, transpose_a=True),
            *(tf.reduce_sum(rows, axis=0) for rows in (inner, part)[: 1 + len(bias_r)]),
        ]
        sums = [total + one for total, one in zip(sums, new, strict=True)]
        inputs = inputs.write(turn, tf.matmul(inner, kernel, transpose_b=True))
        return turn - 1, states, sums, inputs

    zeros = [tf.zeros_like(tensor) for tensor in (*first, *weights)]
    states, sums = tuple(zeros[: len(first)]), zeros[len(first) :]
    start = (loop.turns - 1, states, sums, loop.array(kernel.dtype, loop.turns))
    _, states, sums, inputs = tf.while_loop(
        lambda turn, *_: turn >= 0, body, start, maximum_iterations=loop.turns
    )
    return inputs.stack(), *sums, *states
