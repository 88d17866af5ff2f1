"""A loop over time whose outputs may differ in shape from the carried state, on both backends.

On TensorFlow `keras.ops.scan` requires each step's outputs to be like the carried state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

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
