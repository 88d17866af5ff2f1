"""What a measurement makes of a layer's arrays: norms of weights and updates, shares of dead and
saturated units.

The arithmetic is NumPy's, which begins at once; only on JAX, where it is compiled together with the
model, it is that of `jax.numpy`.
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
    """Whether the function that measures is compiled first.

    JAX would compile each operation by itself else. On TensorFlow the few dozen calls that a
    training is worth take less time one operation after another than the tracing would.
    """
    return keras.backend.backend() == "jax"


def array_library() -> Any:
    """Give `jax.numpy` where the arithmetic is compiled, else NumPy."""
    if is_compiled():
        import jax

        return jax.numpy
    return np


def to_array(tensor: Any) -> Any:
    """Give an array that `array_library` calculates with."""
    return tensor if is_compiled() else keras.ops.convert_to_numpy(tensor)


def activation_share(part: Part, output: Any) -> Any:
    """Measure the share of units never active (rectifiers) or of saturated outputs (bounded
    functions).
    """
    xp = array_library()
    if part.activation in RECTIFIERS:
        units = xp.moveaxis(output, part.axis, -1)  # (…, units)
        return 1 - (units.reshape(-1, units.shape[-1]) > 0).any(axis=0).mean()
    return (SLOPES[part.activation](output.astype("float32")) < FLAT).mean()


def is_judged(part: Part) -> bool:
    """Whether `activation_share` means something for this layer."""
    return part.activation in RECTIFIERS or part.activation in SLOPES


def column_statistics(inputs: Any) -> Any:
    """Measure each column of the input: mean, deviation, the share of rows at the least value.

    Args:
        inputs: `(batch, …, columns)`.

    Returns:
        `(3, columns)`.
    """
    rows = inputs.reshape(-1, inputs.shape[-1]).astype("float32")
    least = (rows <= rows.min(axis=0)).mean(axis=0)
    return array_library().stack([rows.mean(axis=0), rows.std(axis=0), least])


def weight_statistics(values: list[Any], previous: list[Any], gradients: list[Any]) -> Any:
    """Measure one layer's kernels: norms of gradient, weights and last update, and the spread of
    the weights.

    Biases start at zero, so a ratio to their norm says nothing: they count only where there is no
    kernel.

    Returns:
        `(5,)`: gradient norm, weight norm, update norm, deviation of the weights, count of weights.
    """
    xp = array_library()
    kernels = [row for row in zip(values, previous, gradients, strict=True) if row[0].ndim > 1]
    rows = kernels or list(zip(values, previous, gradients, strict=True))
    value, before, gradient = (
        [xp.asarray(array, "float32") for array in column] for column in zip(*rows, strict=True)
    )
    count = xp.float32(sum(array.size for array in value))
    mean = sum(array.sum() for array in value) / count
    deviation = xp.sqrt(sum(xp.square(array - mean).sum() for array in value) / count)
    update = [one - other for one, other in zip(value, before, strict=True)]
    return xp.stack([_norm(gradient), _norm(value), _norm(update), deviation, count])


def _norm(arrays: list[Any]) -> Any:
    """Give the norm of all entries of all arrays."""
    xp = array_library()
    return xp.sqrt(sum(xp.square(xp.linalg.norm(array.ravel())) for array in arrays))
