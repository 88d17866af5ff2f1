"""Gradient check: automatic gradients against central differences.

A copy of the model computes without dropout and other noise, in float64 on the TensorFlow backend;
on JAX Keras rounds every result to float32, so steps and tolerance are larger there. Some entries
of each variable are moved a little up and down: the slope of the loss between must be the gradient.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasrecipes.diagnosis.measurement import (
    compiled,
    differentiate,
    stateless_loss,
    tensors_of,
)
from kerasrecipes.errors import UserError

# Entries of a layer's configuration that make its output random in training.
NOISE = re.compile(r"(recurrent_)?dropout(_rate)?|(noise_)?rate|stddev")
FLOATS = ("float16", "bfloat16", "float32", "mixed_float16", "mixed_bfloat16")

# By backend: dtype of the copy, steps of the differences (the second one for a kink within the
# first), rounding error of a loss of 1, and the relative difference that passes.
NUMERICS = {
    "tensorflow": ("float64", (1e-5, 1e-7), 1e-14, 1e-4),
    "jax": ("float32", (1e-2, 2e-3), 1e-6, 2e-2),
}


@dataclass(frozen=True)
class Coordinate:
    """One entry of one variable.

    Args:
        variable: path of the variable.
        index: of the entry within it.
        automatic: derivative of the loss by it, from the backend.
        numeric: slope of the loss, from differences.
        passed: whether they agree; at a kink, such as relu's at zero, the automatic one may be any
            slope between those of the two sides.
    """

    variable: str
    index: tuple[int, ...]
    automatic: float
    numeric: float
    passed: bool

    @property
    def error(self) -> float:
        """The difference relative to the larger of the two."""
        largest = max(abs(self.automatic), abs(self.numeric), 1e-8)
        return abs(self.automatic - self.numeric) / largest


@dataclass(frozen=True)
class GradientCheck:
    """Result of a gradient check.

    Args:
        coordinates: the entries that were compared.
        variables: number of trainable variables of the model.
    """

    coordinates: tuple[Coordinate, ...]
    variables: int

    @property
    def passed(self) -> bool:
        """Whether all agree."""
        return not self.failures

    @property
    def failures(self) -> list[Coordinate]:
        """Those that do not agree."""
        return [coordinate for coordinate in self.coordinates if not coordinate.passed]

    @property
    def worst(self) -> Coordinate:
        """The coordinate of the largest relative error, among the failures if there are any."""
        return max(self.failures or self.coordinates, key=lambda coordinate: coordinate.error)

    def __str__(self) -> str:
        worst = self.worst
        verdict = "agree" if self.passed else f"disagree in {len(self.failures)}"
        return (
            f"automatic and numeric gradients {verdict}: {len(self.coordinates)} entries of "
            f"{self.variables} variables; the largest relative difference is {worst.error:.1e}, "
            f"in {worst.variable}{list(worst.index)}"
        )


def gradcheck(
    model: keras.Model,
    x: Any,
    y: Any,
    loss: str | keras.losses.Loss | Callable[..., Any] | Mapping[str, Any],
    *,
    samples: int = 4,
    tolerance: float | None = None,
    seed: int = 0,
) -> GradientCheck:
    """Compare a model's automatic gradients with numeric ones.

    The model itself is not changed. Penalties and other losses of its layers count; batch
    normalization uses the batch's statistics, as in training.

    Args:
        model: a model that can be copied from its configuration.
        x: a batch of inputs; 8 are plenty.
        y: their labels.
        loss: a Keras loss, its name, a function of `(y, outputs)`, or one of these by output.
        samples: entries of each variable to compare.
        tolerance: the largest relative difference that passes; by default 1e-4 in float64, else
            2e-2.
        seed: of the choice of entries.

    Returns:
        The comparison, entry by entry.

    Raises:
        UserError: if the loss is random even without dropout, or not finite, or the backend is
            neither TensorFlow nor JAX.
    """
    backend = keras.backend.backend()
    if backend not in NUMERICS:
        raise UserError(
            f"gradients are checked on the backends tensorflow and jax, not on {backend}"
        )
    dtype, steps, rounding, usual = NUMERICS[backend]
    random, found = np.random.default_rng(seed), []
    with computing_in(dtype):
        copy = noiseless(model, dtype)
        copy.compile(loss=_loss_in(loss, dtype))
        x, y = keras.tree.map_structure(lambda array: _cast(array, dtype), (x, y))
        values = tensors_of(copy.trainable_variables)
        loss_at = compiled(lambda values, seed=0: _loss_at(values, seed, copy, x, y))
        middle, _, gradients = differentiate(lambda values: (loss_at(values), {}), values)
        # A second seed: layers that still draw numbers give another loss.
        _require_repeatable(float(middle), float(loss_at(values, seed=1)))
        for number, variable in enumerate(copy.trainable_variables):
            size, gradient = int(np.prod(variable.shape)), ops.convert_to_numpy(gradients[number])
            for flat in random.choice(size, min(samples, size), replace=False):
                index = tuple(int(i) for i in np.unravel_index(flat, variable.shape))
                automatic = float(gradient[index])
                numeric, passed = _compare(
                    partial(_loss_moved, loss_at, values, number, index),
                    float(middle),
                    automatic=automatic,
                    steps=steps,
                    rounding=rounding,
                    tolerance=usual if tolerance is None else tolerance,
                )
                found.append(Coordinate(variable.path, index, automatic, numeric, passed))
    return GradientCheck(tuple(found), len(values))


def noiseless(model: keras.Model, dtype: str) -> keras.Model:
    """Copy a model so that it computes in `dtype`, with nothing random in training.

    Args:
        model: a model that can be copied from its configuration.
        dtype: of all layers.

    Returns:
        A new model with the same weights; the given one is not changed.

    Raises:
        UserError: if the model cannot be copied from its configuration.
    """
    try:
        copy = type(model).from_config(_noiseless_config(model.get_config(), dtype))
    except (NotImplementedError, TypeError) as error:
        raise UserError(
            f"'{model.name}' cannot be copied from its configuration: {error}"
        ) from error
    copy.set_weights(model.get_weights())
    return copy


@contextlib.contextmanager
def computing_in(dtype: str) -> Iterator[None]:
    """Context in which `dtype` is Keras's default float and dtype policy."""
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def _loss_at(values: list[Any], seed: int, model: keras.Model, x: Any, y: Any) -> Any:
    """Return the loss for values of the trainable variables, with random seeds moved by `seed`."""
    states = [
        value + seed if variable.name == "seed_generator_state" else value
        for variable, value in zip(
            model.non_trainable_variables, tensors_of(model.non_trainable_variables), strict=True
        )
    ]
    return stateless_loss(model, values, states, x, y)[0]


def _loss_moved(
    loss_at: Callable[..., Any],
    values: list[Any],
    number: int,
    index: tuple[int, ...],
    step: float,
) -> float:
    """Return the loss with one entry of one variable moved by a step."""
    # A copy, as the array of a tensor may be read-only or its memory.
    array = np.array(ops.convert_to_numpy(values[number]))
    array[index] += step
    moved = [*values[:number], ops.convert_to_tensor(array), *values[number + 1 :]]
    return float(loss_at(moved))


def _require_repeatable(loss: float, other: float) -> None:
    if not np.isfinite(loss):
        raise UserError(f"gradients cannot be checked: the loss is {loss}")
    if loss != other:
        raise UserError(
            "gradients cannot be checked: the loss differs from call to call, a layer is random"
        )


def _compare(
    loss_moved: Callable[[float], float],
    middle: float,
    *,
    automatic: float,
    steps: tuple[float, float],
    rounding: float,
    tolerance: float,
) -> tuple[float, bool]:
    """Return the slope of the loss by differences, and whether the gradient agrees with it."""
    for step in steps:
        above, below = loss_moved(step), loss_moved(-step)
        slope = (above - below) / (2 * step)
        least, most = sorted([(middle - below) / step, (above - middle) / step])
        allowed = tolerance * max(abs(slope), abs(automatic))
        # A difference of two losses has their rounding error, and the division by the step enlarges
        # it.
        allowed += rounding * max(1.0, abs(middle)) / step
        if abs(slope - automatic) <= allowed:
            return slope, True
    # At a kink the slopes of the two sides differ, and any one between them is right.
    return slope, most - least > allowed and least - allowed <= automatic <= most + allowed


def _loss_in(loss: Any, dtype: str) -> Any:
    """Return a loss, or one for each output, that computes in `dtype`."""
    if isinstance(loss, Mapping):
        return {name: _loss_in(part, dtype) for name, part in loss.items()}
    if isinstance(loss, keras.losses.Loss):
        # A loss casts to the precision it was made with.
        return type(loss).from_config({**loss.get_config(), "dtype": dtype})
    return loss


def _cast(array: Any, dtype: str) -> Any:
    array = np.asarray(array)
    # Labels and tokens that are integers stay so.
    return array.astype(dtype) if array.dtype.kind == "f" else array


def _noiseless_config(config: Any, dtype: str) -> Any:
    """Replace every floating-point type by `dtype`, and every rate of noise by zero."""
    if isinstance(config, (list, tuple)):
        return type(config)(_noiseless_config(part, dtype) for part in config)
    if not isinstance(config, dict):
        return config
    changed: dict[str, Any] = {}
    for key, value in config.items():
        policy = isinstance(value, dict) and "Policy" in str(value.get("class_name"))
        # A bool is an int in Python.
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if key == "dtype" and (policy or value in FLOATS):
            changed[key] = dtype
        elif NOISE.fullmatch(str(key)) and number:
            changed[key] = 0.0
        else:
            changed[key] = _noiseless_config(value, dtype)
    return changed
