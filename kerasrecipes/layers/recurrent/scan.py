"""A loop over time whose outputs may differ in shape from the carried state, on both backends.

On TensorFlow `keras.ops.scan` requires each step's outputs to be like the carried state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import keras
from keras import ops

_PORTABLE = ContextVar("_PORTABLE", default=False)


@contextmanager
def portable_loops() -> Iterator[None]:
    """Context in which recurrent layers are traced as loops that other formats know.

    Converters to ONNX and LiteRT have no arrays of tensors, in which loops usually collect their
    outputs. A portable loop carries the outputs as tensors instead, which costs a copy of them at
    each step: that is for export alone.
    """
    token = _PORTABLE.set(True)
    try:
        yield
    finally:
        _PORTABLE.reset(token)


def is_portable() -> bool:
    """Whether layers are being traced inside `portable_loops`."""
    return _PORTABLE.get()


Step = Callable[[tuple[Any, ...], Any], tuple[tuple[Any, ...], tuple[Any, ...]]]


def scan(
    step: Step, carry: Sequence[Any], inputs: Any, widths: Sequence[int | None]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Take steps along the first axis.

    Args:
        step: `step(carry, row) -> (carry, outputs)`; carry and outputs are tuples of tensors, and
            the carry keeps its shapes.
        carry: what the first step gets.
        inputs: `(time, batch, …)`, of which a step gets a row, `(batch, …)`.
        widths: the size of each output's last axis, `None` where it is not known; outputs are
            `(batch, width)`.

    Returns:
        The last carry, and the outputs, `(time, batch, width)` each.
    """
    if is_portable():
        return _portable_scan(step, tuple(carry), inputs)
    if keras.backend.backend() == "jax":
        import jax

        return jax.lax.scan(step, tuple(carry), inputs)
    import tensorflow as tf

    inputs, carry = tf.convert_to_tensor(inputs), tuple(map(tf.convert_to_tensor, carry))
    count, batch = tf.shape(inputs)[0], carry[0].shape[0]
    rows = tf.TensorArray(inputs.dtype, count, element_shape=inputs.shape[1:]).unstack(inputs)
    arrays = [tf.TensorArray(inputs.dtype, count, element_shape=(batch, size)) for size in widths]

    def body(time: Any, carry: Any, arrays: Any) -> Any:
        carry, outputs = step(carry, rows.read(time))
        written = [array.write(time, x) for array, x in zip(arrays, outputs, strict=True)]
        return time + 1, carry, written

    # The bound is what XLA needs to give the arrays a size.
    _, carry, arrays = tf.while_loop(
        lambda time, *_: time < count,
        body,
        (tf.constant(0), carry, arrays),
        maximum_iterations=count,
    )
    return tuple(carry), tuple(array.stack() for array in arrays)


def _portable_scan(
    step: Step, carry: tuple[Any, ...], inputs: Any
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Take steps with the outputs so far as a part of what is carried, see `portable_loops`."""
    times = ops.arange(ops.shape(inputs)[0], dtype="int32")
    column = ops.reshape(times, (-1, 1, 1))
    # What a step gives is known only from one: its values are thrown away.
    _, first = step(carry, inputs[0])
    empty = tuple(ops.cast(column * 0, x.dtype) * ops.expand_dims(x, 0) for x in first)

    def body(time: Any, carry: Any, collected: Any) -> tuple[Any, Any, Any]:
        carry, outputs = step(carry, ops.take(inputs, time, axis=0))
        collected = tuple(
            ops.where(ops.equal(column, time), ops.expand_dims(new, 0), so_far)
            for new, so_far in zip(outputs, collected, strict=True)
        )
        return time + 1, tuple(carry), collected

    _, carry, outputs = ops.while_loop(
        lambda time, *_: time < ops.shape(inputs)[0],
        body,
        (ops.convert_to_tensor(0, "int32"), carry, empty),
    )
    return tuple(carry), tuple(outputs)
