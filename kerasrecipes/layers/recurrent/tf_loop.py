"""The loop over time of recurrent layers on TensorFlow, with gradients of its own.

Keras's loop takes a step at a time: on a processor a third of the time goes into the matrices, the
rest into handing some forty small operations a step to the machine, and as many backwards. Here
several steps are one turn of the loop; the input's matrix product and all gradients of weights are
taken for the whole turn at once; and what the backward pass needs is kept as it is, not copied.
What was tried beside this stands in benchmarks/RESULTS.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from kerasrecipes.layers.recurrent.masking import Masked

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

STEPS = 8  # of a turn of the loop; the lengths of buckets are multiples of it
Tensors = tuple[Any, ...]


@dataclass(frozen=True)
class Cell:
    """One step of a recurrent network and its gradient.

    Args:
        gates: blocks of columns in the kernels.
        states: what is carried from step to step; the first is the output.
        step: `step(projected, recurrent, states) -> (states, saved)`: from the input's and the
            state's products with their kernels, `(batch, gates * units)` each.
        back: `back(saved, states' gradients) -> (projected's, recurrent's, earlier states'
            gradients)`; that of the output by way of the recurrent kernel is added by the loop, and
            is alone where it is `None`.
        saves: how many tensors `step` saves.
    """

    saves: int
    step: Callable[[Any, Any, Tensors], tuple[Tensors, Tensors]]
    back: Callable[[Tensors, Tensors], tuple[Any, Any, Tensors]]


def _simple_step(projected: Any, recurrent: Any, states: Tensors) -> tuple[Tensors, Tensors]:
    output = tf.tanh(projected + recurrent)
    return (output,), (output,)


def _simple_back(saved: Tensors, gradients: Tensors) -> tuple[Any, Any, Tensors]:
    inside = tf.raw_ops.TanhGrad(y=saved[0], dy=gradients[0])
    return inside, inside, (None,)


def _lstm_step(projected: Any, recurrent: Any, states: Tensors) -> tuple[Tensors, Tensors]:
    before = states[1]
    enter, keep, new, leave = tf.split(projected + recurrent, 4, axis=1)
    enter, keep, new, leave = tf.sigmoid(enter), tf.sigmoid(keep), tf.tanh(new), tf.sigmoid(leave)
    memory = keep * before + enter * new
    seen = tf.tanh(memory)
    return (leave * seen, memory), (enter, keep, new, leave, seen, before)


def _lstm_back(saved: Tensors, gradients: Tensors) -> tuple[Any, Any, Tensors]:
    enter, keep, new, leave, seen, before = saved
    output, memory = gradients
    memory += tf.raw_ops.TanhGrad(y=seen, dy=output * leave)
    inside = tf.concat(
        [
            tf.raw_ops.SigmoidGrad(y=enter, dy=memory * new),
            tf.raw_ops.SigmoidGrad(y=keep, dy=memory * before),
            tf.raw_ops.TanhGrad(y=new, dy=memory * enter),
            tf.raw_ops.SigmoidGrad(y=leave, dy=output * seen),
        ],
        axis=1,
    )  # (batch, 4 * units)
    return inside, inside, (None, memory * keep)


def _gru_step(projected: Any, recurrent: Any, states: Tensors) -> tuple[Tensors, Tensors]:
    before = states[0]
    (keep, reset, new), (keep_r, reset_r, new_r) = (
        tf.split(projected, 3, axis=1),
        tf.split(recurrent, 3, axis=1),
    )
    keep, reset = tf.sigmoid(keep + keep_r), tf.sigmoid(reset + reset_r)
    new = tf.tanh(new + reset * new_r)
    return (new + keep * (before - new),), (keep, reset, new, new_r, before)


def _gru_back(saved: Tensors, gradients: Tensors) -> tuple[Any, Any, Tensors]:
    keep, reset, new, new_r, before = saved
    output = gradients[0]
    kept = output * keep
    inside = tf.raw_ops.TanhGrad(y=new, dy=output - kept)
    keep = tf.raw_ops.SigmoidGrad(y=keep, dy=output * (before - new))
    reset_inside = tf.raw_ops.SigmoidGrad(y=reset, dy=inside * new_r)
    projected = tf.concat([keep, reset_inside, inside], axis=1)  # (batch, 3 * units)
    recurrent = tf.concat([keep, reset_inside, inside * reset], axis=1)
    return projected, recurrent, (kept,)


CELLS = {
    "simple_rnn": Cell(1, _simple_step, _simple_back),
    "lstm": Cell(6, _lstm_step, _lstm_back),
    "gru": Cell(5, _gru_step, _gru_back),
}


def along(
    cell: Cell,
    sequences: Any,
    states: Sequence[Any],
    weights: Sequence[Any],
    *,
    mask: Any = None,
    backwards: bool = False,
    zero_for_mask: bool = False,
    sequence: bool = True,
    all_states: bool = True,
    training: bool = False,
) -> tuple[Any, Any, list[Any]]:
    """Take a recurrent network along sequences, with what `keras.layers.RNN` makes of masks and
    directions.

    Args:
        cell: of `CELLS`.
        sequences: `(batch, time, features)`.
        states: `(batch, units)` each, before the first step.
        weights: kernel, recurrent kernel, bias, and the bias of the state's part where that has its
            own.
        mask: `(batch, time)`, true where a step counts; or `None`.
        backwards: whether the last step is read first; outputs are then in the order of reading.
        zero_for_mask: whether masked steps give zeros, or the output before.
        sequence: whether the outputs of all steps are asked for.
        all_states: whether all last states are asked for, or that of the output only.
        training: whether gradients matter: they are then taken by the loop's own rule, which can
            not be exported.

    Returns:
        The last output, the outputs `(batch, time, units)` or the last one only, and the last
        states.
    """
    masked = None if mask is None else Masked(mask, backwards)
    if masked is not None:
        sequences = masked.together(sequences)
    elif backwards:
        sequences = tf.reverse(sequences, [1])
    # A variable itself would be one that the gradient does not know of.
    kernel, recurrent, *biases = map(tf.convert_to_tensor, weights)
    inputs = tf.transpose(sequences, [1, 0, 2])  # (time, batch, features)
    given = run(
        cell, inputs, states, kernel, recurrent, biases, len(states) if all_states else 1, training
    )
    last = [state[-1] for state in given] if masked is None else masked.last(given, states)
    if not sequence:
        outputs = last[0][:, None]
    else:
        outputs = tf.transpose(given[0], [1, 0, 2])  # (batch, time, units)
        outputs = outputs if masked is None else masked.apart(outputs, last[0], zero_for_mask)
    return last[0], outputs, [*last, *states[len(last) :]]


@dataclass(frozen=True)
class _Loop:
    """The shape of a loop.

    Args:
        cell: what a step does.
        steps: of a turn.
        turns: how many; a tensor.
        given: how many states are given after every step.
        saves: how many tensors of a step are kept for the way back.
    """

    cell: Cell
    steps: int
    turns: Any
    given: int
    saves: int

    def array(self, kind: Any, size: Any = None) -> Any:
        """Make an array of a tensor for each step, or each turn."""
        return tf.TensorArray(
            kind, self.turns * self.steps if size is None else size, clear_after_read=False
        )

    def by_turn(self, column: Any) -> Any:
        """Give the rows of each turn as one, `(steps * batch, width)`, to be read by its number."""
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
    """Take a recurrent network along a sequence.

    Args:
        cell: of `CELLS`.
        inputs: `(time, batch, features)`.
        states: `(batch, units)` each, before the first step.
        kernel: `(features, gates * units)`.
        recurrent_kernel: `(units, gates * units)`.
        biases: `(gates * units,)` each: of the input's part, and of the state's where that has its
            own.
        given: how many of the states are given.
        training: whether gradients are taken by the loop's own rule, or by TensorFlow's.

    Returns:
        Each of those states after every step, `(time, batch, units)`.
    """
    time = inputs.shape[0]
    steps = STEPS if time is None else max(1, min(STEPS, time))
    count = tf.shape(inputs)[0]
    whole = time is not None and time % steps == 0
    if not whole:
        inputs = tf.pad(inputs, [[0, -count % steps], [0, 0], [0, 0]])
    loop = _Loop(cell, steps, tf.shape(inputs)[0] // steps, given, cell.saves if training else 0)

    @tf.custom_gradient
    def recur(inputs, kernel, recurrent_kernel, *others):
        biases_, first = others[: len(biases)], others[len(biases) :]
        turned = loop.by_turn(inputs)
        outputs, kept = _forward(loop, turned, (kernel, recurrent_kernel, *biases_), first)

        def gradient(*above):
            parts = _backward(
                loop, turned, (kernel, recurrent_kernel, *biases_), first, (outputs[0], kept), above
            )
            return tf.reshape(parts[0], tf.shape(inputs)), *parts[1:]

        return outputs, gradient

    if training:
        outputs = recur(inputs, kernel, recurrent_kernel, *biases, *states)
    else:
        outputs, _ = _forward(
            loop, loop.by_turn(inputs), (kernel, recurrent_kernel, *biases), states
        )
    outputs = outputs if whole else [output[:count] for output in outputs]
    return tuple(tf.ensure_shape(output, [time, *states[0].shape]) for output in outputs)


def _forward(
    loop: _Loop, turned: Any, weights: Tensors, first: Tensors
) -> tuple[Tensors, list[Any]]:
    """Take all steps; give the states after each, and what was saved."""
    kernel, recurrent, bias, *bias_r = weights
    kind = kernel.dtype
    arrays = [loop.array(kind) for _ in range(loop.given + loop.saves)]

    def body(turn, carried, arrays):
        projected = tf.split(tf.nn.bias_add(tf.matmul(turned.read(turn), kernel), bias), loop.steps)
        for step in range(loop.steps):
            part = tf.matmul(carried[0], recurrent)
            part = tf.nn.bias_add(part, bias_r[0]) if bias_r else part
            carried, saved = loop.cell.step(projected[step], part, carried)
            place, values = turn * loop.steps + step, (*carried[: loop.given], *saved[: loop.saves])
            arrays = [
                array.write(place, value) for array, value in zip(arrays, values, strict=True)
            ]
        # A batch of known size, of which the split rows do not know, must go out of the loop as it
        # came in.
        return (
            turn + 1,
            tuple(tf.ensure_shape(new, old.shape) for new, old in zip(carried, first, strict=True)),
            arrays,
        )

    start = (tf.constant(0), tuple(first), arrays)
    _, _, arrays = tf.while_loop(
        lambda turn, *_: turn < loop.turns, body, start, maximum_iterations=loop.turns
    )
    return tuple(array.stack() for array in arrays[: loop.given]), arrays[loop.given :]


def _backward(
    loop: _Loop, turned: Any, weights: Tensors, first: Tensors, found: Tensors, above: Tensors
) -> Tensors:
    """Take all steps back; give the gradients of inputs, weights and first states."""
    kernel, recurrent, _, *bias_r = weights
    outputs, kept = found
    earlier = loop.by_turn(tf.concat([first[0][None], outputs[:-1]], axis=0))
    above = [loop.array(kernel.dtype).unstack(gradient) for gradient in above]

    def body(turn, states, sums, inputs):
        projected, parts = [None] * loop.steps, [None] * loop.steps
        for step in reversed(range(loop.steps)):
            place = turn * loop.steps + step
            given = [state + array.read(place) for state, array in zip(states, above, strict=False)]
            saved = tuple(array.read(place) for array in kept)
            projected[step], parts[step], back = loop.cell.back(
                saved, (*given, *states[loop.given :])
            )
            through = tf.matmul(parts[step], recurrent, transpose_b=True)
            states = (through if back[0] is None else through + back[0], *back[1:])
        inner = tf.concat(projected, axis=0)  # (steps * batch, gates * units)
        part = tf.concat(parts, axis=0) if bias_r else inner
        found = [
            tf.matmul(turned.read(turn), inner, transpose_a=True),
            tf.matmul(earlier.read(turn), part, transpose_a=True),
            *(tf.reduce_sum(rows, axis=0) for rows in (inner, part)[: 1 + len(bias_r)]),
        ]
        sums = [total + new for total, new in zip(sums, found, strict=True)]
        return (
            turn - 1,
            states,
            sums,
            inputs.write(turn, tf.matmul(inner, kernel, transpose_b=True)),
        )

    zeros = [tf.zeros_like(tensor) for tensor in (*first, *weights)]
    states, sums = tuple(zeros[: len(first)]), zeros[len(first) :]
    start = (loop.turns - 1, states, sums, loop.array(kernel.dtype, loop.turns))
    _, states, sums, inputs = tf.while_loop(
        lambda turn, *_: turn >= 0, body, start, maximum_iterations=loop.turns
    )
    return inputs.stack(), *sums, *states
