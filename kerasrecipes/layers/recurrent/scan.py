"""A loop over time whose steps may give other things than they carry, on both backends.

`keras.ops.scan` wants each step's outputs to be like the carried state on TensorFlow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

Step = Callable[[tuple[Any, ...], tuple[Any, ...]], tuple[tuple[Any, ...], tuple[Any, ...]]]


def scan(
    step: Step,
    carry: Sequence[Any],
    columns: Sequence[Any],
    widths: Sequence[int | None],
    reverse: bool = False,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Take steps along the first axis.

    Args:
        step: `step(carry, rows) -> (carry, outputs)`, each a tuple of tensors; the carry keeps its
            shapes.
        carry: what the first step gets.
        columns: `(time, batch, …)` each.
        widths: the size of each output's last axis, `None` where it is not known; outputs are
            `(batch, width)`.
        reverse: whether the last step is taken first; outputs stay in the order of time.

    Returns:
        The last carry, and the outputs, `(time, batch, width)` each.
    """
    carry, columns = tuple(carry), tuple(columns)
    if keras.backend.backend() == "jax":
        import jax

        return jax.lax.scan(step, carry, columns, reverse=reverse)
    return _scan_tensorflow(step, carry, columns, widths, reverse)


def _scan_tensorflow(
    step: Step,
    carry: tuple[Any, ...],
    columns: tuple[Any, ...],
    widths: Sequence[int | None],
    reverse: bool,
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    import tensorflow as tf

    columns = tuple(map(tf.convert_to_tensor, columns))
    carry = tuple(map(tf.convert_to_tensor, carry))
    kind, count = columns[0].dtype, tf.shape(columns[0])[0]
    read = [tf.TensorArray(x.dtype, count, element_shape=x.shape[1:]).unstack(x) for x in columns]
    written = [
        tf.TensorArray(kind, count, element_shape=(carry[0].shape[0], width)) for width in widths
    ]

    def body(number, carry, written):
        place = count - 1 - number if reverse else number
        carry, outputs = step(carry, tuple(array.read(place) for array in read))
        return (
            number + 1,
            carry,
            [array.write(place, x) for array, x in zip(written, outputs, strict=True)],
        )

    start = (tf.constant(0), carry, written)
    # The bound is what XLA needs to give the arrays a size.
    _, carry, written = tf.while_loop(
        lambda number, *_: number < count, body, start, maximum_iterations=count
    )
    return carry, tuple(array.stack() for array in written)
