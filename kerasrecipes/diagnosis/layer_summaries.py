"""Statistics of a layer: norms of gradient, weights and update, shares of dead and saturated units.

They are computed in NumPy, which starts at once; on JAX, where they are compiled together with the
model, in `jax.numpy`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from kerasrecipes.diagnosis.layer_probes import Part

# Where the slope of an activation is below this share of its steepest, a unit counts as saturated.
FLAT = 0.05

# The slope of an activation over its steepest, as a function of its output.
SLOPES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda h: 4 * h * (1 - h),
    "hard_sigmoid": lambda h: ((h > 0) & (h < 1)).astype("float32"),
    "tanh": lambda h: 1 - h * h,
    "hard_tanh": lambda h: (abs(h) < 1).astype("float32"),
    "softsign": lambda h: (1 - abs(h)) ** 2,
}
# Activations whose output and slope are zero for every negative input.
RECTIFIERS = frozenset({"relu", "relu6"})


def is_compiled() -> bool:
    """Return whether the function that measures is compiled first.

    JAX would otherwise compile each operation by itself. On TensorFlow the few dozen calls of a
    training take less time eagerly than tracing would.
    """
    return keras.backend.backend() == "jax"


def array_library() -> Any:
    """Return `jax.numpy` where statistics are compiled, else NumPy."""
    if is_compiled():
        import jax

        return jax.numpy
    return np


def to_array(tensor: Any) -> Any:
    """Convert a tensor to an array of `array_library`."""
    return tensor if is_compiled() else keras.ops.convert_to_numpy(tensor)


def activation_share(part: Part, output: Any) -> Any:
    """Compute the share of units never active (rectifiers) or of saturated outputs (bounded).

    Args:
        part: the layer, with an activation that `has_activation_share` knows.
        output: `(batch, …, units)`.

    Returns:
        A scalar of the backend's arrays, from 0 to 1.
    """
    xp = array_library()
    if part.activation in RECTIFIERS:
        # A unit of a convolution is a channel: alive if active at any place of any example.
        units = xp.moveaxis(output, part.axis, -1)  # (…, units)
        return 1 - (units.reshape(-1, units.shape[-1]) > 0).any(axis=0).mean()
    assert part.activation is not None
    # In half precision 1 - h rounds to 0 too early.
    return (SLOPES[part.activation](output.astype("float32")) < FLAT).mean()


def has_activation_share(part: Part) -> bool:
    """Return whether `activation_share` is defined for a layer."""
    return part.activation in RECTIFIERS or part.activation in SLOPES


def column_statistics(inputs: Any) -> Any:
    """Compute mean, standard deviation and share of rows at the minimum of each input column.

    Args:
        inputs: `(batch, …, columns)`.

    Returns:
        `(3, columns)`.
    """
    rows = inputs.reshape(-1, inputs.shape[-1]).astype("float32")
    least = (rows <= rows.min(axis=0)).mean(axis=0)
    return array_library().stack([rows.mean(axis=0), rows.std(axis=0), least])


def weight_statistics(values: list[Any], previous: list[Any], gradients: list[Any]) -> Any:
    """Compute the norms of gradient, weights and last update of one layer's kernels.

    Biases start at zero, where a ratio to their norm says nothing: they count only in layers
    without a kernel.

    Args:
        values: the layer's variables.
        previous: the same before the last update.
        gradients: of the loss by them.

    Returns:
        `(5,)`: gradient norm, weight norm, update norm, standard deviation of the weights, number
        of weights.
    """
    xp = array_library()
    kernels = [row for row in zip(values, previous, gradients, strict=True) if row[0].ndim > 1]
    rows = kernels or list(zip(values, previous, gradients, strict=True))
    value, before, gradient = (
        [xp.asarray(array, "float32") for array in column] for column in zip(*rows, strict=True)
    )
    count = xp.float32(sum(array.size for array in value))
    mean = sum(array.sum() for array in value) / count
    # The mean first: the difference of squares would lose the small spread of equal weights.
    deviation = xp.sqrt(sum(xp.square(array - mean).sum() for array in value) / count)
    update = [one - other for one, other in zip(value, before, strict=True)]
    return xp.stack([_norm(gradient), _norm(value), _norm(update), deviation, count])


def _norm(arrays: list[Any]) -> Any:
    """Return the norm of all entries of all arrays."""
    xp = array_library()
    return xp.sqrt(sum(xp.square(xp.linalg.norm(array.ravel())) for array in arrays))
