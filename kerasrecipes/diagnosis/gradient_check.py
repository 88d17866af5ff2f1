"""Automatic gradients against numeric ones.

A copy of the model computes without dropout and other noise, in float64 on the TensorFlow backend;
elsewhere Keras rounds every result to 32 bits, so steps and tolerance are larger there. Of each
variable some coordinates are moved a little up and down; the slope of the loss between must be the
gradient that the backend derived.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasrecipes.errors import UserError

# Numbers in a layer's configuration that make its output random in training.
_NOISE = (
    "rate",
    "dropout",
    "recurrent_dropout",
    "dropout_rate",
    "recurrent_dropout_rate",
    "noise_rate",
    "stddev",
)
_FLOATS = ("float16", "bfloat16", "float32", "mixed_float16", "mixed_bfloat16")


@dataclass(frozen=True)
class _Arithmetic:
    """How far coordinates are moved, and what that can tell.

    Args:
        dtype: of the copy.
        steps: how far; the shorter one is for a kink that may lie within the first.
        rounding: of a loss of about 1.
        tolerance: the largest relative difference that passes.
    """

    dtype: str
    steps: tuple[float, float]
    rounding: float
    tolerance: float


_DOUBLE = _Arithmetic("float64", (1e-5, 1e-7), 1e-14, 1e-4)
_SINGLE = _Arithmetic("float32", (1e-2, 2e-3), 1e-6, 2e-2)


@dataclass(frozen=True)
class Coordinate:
    """One number of one variable.

    Args:
        variable: path of the variable.
        index: of the number within it.
        automatic: the derivative of the loss by it, from the backend.
        numeric: the slope of the loss, measured.
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
        """The difference as a share of the larger of the two."""
        largest = max(abs(self.automatic), abs(self.numeric), 1e-8)
        return abs(self.automatic - self.numeric) / largest


@dataclass(frozen=True)
class GradientCheck:
    """What a check found.

    Args:
        coordinates: those that were compared.
        variables: how many trainable variables the model has.
    """

    coordinates: tuple[Coordinate, ...]
    variables: int

    @property
    def passed(self) -> bool:
        """Whether all agree."""
        return all(coordinate.passed for coordinate in self.coordinates)

    @property
    def failures(self) -> list[Coordinate]:
        """Those that do not agree."""
        return [coordinate for coordinate in self.coordinates if not coordinate.passed]

    @property
    def worst(self) -> Coordinate:
        """The coordinate of the largest relative error."""
        return max(
            self.coordinates, key=lambda coordinate: (not coordinate.passed, coordinate.error)
        )

    def __str__(self) -> str:
        count, worst = len(self.coordinates), self.worst
        found = f"the largest relative difference is {worst.error:.1e}, in {worst.variable}{list(worst.index)}"
        verdict = "agree" if self.passed else f"disagree in {len(self.failures)}"
        return f"automatic and numeric gradients {verdict}: {count} numbers of {self.variables} variables; {found}"


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
        model: a model that can be made again from its configuration.
        x: a few inputs; 8 are plenty.
        y: their labels.
        loss: a Keras loss, its name, a function of `(y, outputs)`, or one of these by output.
        samples: numbers of each variable to look at.
        tolerance: the largest relative difference that passes; by default 1e-4 in float64, else
            2e-2.
        seed: of the choice of numbers.

    Returns:
        The comparison, number by number.

    Raises:
        UserError: if the model's loss is random even without dropout, or is not a number.
    """
    random = np.random.default_rng(seed)
    arithmetic = _DOUBLE if keras.backend.backend() == "tensorflow" else _SINGLE
    arithmetic = replace(arithmetic, tolerance=tolerance or arithmetic.tolerance)
    with computing_in(arithmetic.dtype):
        copy = noiseless(model, arithmetic.dtype)
        x, y = keras.tree.map_structure(lambda array: _cast(array, arithmetic.dtype), (x, y))
        objective = _objective(loss, arithmetic.dtype)
        _refuse_noise(copy, x, y, objective)
        derived = gradients(copy, x, y, objective)
        found = []
        for variable, gradient in zip(copy.trainable_variables, derived, strict=True):
            for index in _chosen(variable.shape, samples, random):
                automatic = float(gradient[index])
                slope, passed = _slope(
                    variable, index, lambda: _value(copy, x, y, objective), automatic, arithmetic
                )
                found.append(Coordinate(variable.path, index, automatic, slope, passed))
    return GradientCheck(tuple(found), len(copy.trainable_variables))


def noiseless(model: keras.Model, dtype: str) -> keras.Model:
    """Make a copy of a model that computes in `dtype`, with nothing random in training.

    Raises:
        UserError: if the model cannot be made again from its configuration.
    """
    try:
        copy = type(model).from_config(_changed(model.get_config(), dtype))
    except (NotImplementedError, TypeError) as error:
        raise UserError(
            f"'{model.name}' cannot be copied from its configuration: {error}"
        ) from error
    copy.set_weights(model.get_weights())
    return copy


@contextlib.contextmanager
def computing_in(dtype: str) -> Iterator[None]:
    """Let Keras take `dtype` where a layer or an operation has none of its own."""
    policy, floatx = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    try:
        yield
    finally:
        keras.config.set_floatx(floatx)
        keras.config.set_dtype_policy(policy)


def gradients(
    model: keras.Model, x: Any, y: Any, objective: Callable[..., Any]
) -> list[np.ndarray]:
    """Derive the loss by every trainable variable.

    Args:
        model: the model.
        x: inputs.
        y: labels.
        objective: a scalar function of `(y, outputs)`; the losses of the layers are added.

    Returns:
        An array per trainable variable; zeros where the loss does not depend on it.

    Raises:
        UserError: if the backend is neither TensorFlow nor JAX.
    """
    backend = keras.backend.backend()
    if backend not in _DERIVATIVES:
        raise UserError(
            f"gradients are checked on the backends tensorflow and jax, not on {backend}"
        )
    return _DERIVATIVES[backend](model, x, y, objective)


@contextlib.contextmanager
def _states_kept(model: keras.Model) -> Iterator[None]:
    """Undo what a call in training does to moving averages and counters: every call must find the
    same model.
    """
    kept = [np.array(ops.convert_to_numpy(variable)) for variable in model.non_trainable_weights]
    try:
        yield
    finally:
        for variable, value in zip(model.non_trainable_weights, kept, strict=True):
            variable.assign(value)


def _tensorflow_gradients(model, x, y, objective) -> list[np.ndarray]:
    import tensorflow as tf

    with _states_kept(model), tf.GradientTape() as tape:
        value = _total(model, objective(y, model(x, training=True)))
    derived = tape.gradient(
        value, [v.value for v in model.trainable_variables], unconnected_gradients="zero"
    )
    return [ops.convert_to_numpy(tf.convert_to_tensor(gradient)) for gradient in derived]


def _jax_gradients(model, x, y, objective) -> list[np.ndarray]:
    import jax

    fixed = [variable.value for variable in model.non_trainable_variables]

    def value(trained):
        outputs, _, losses = model.stateless_call(
            trained, fixed, x, training=True, return_losses=True
        )
        return objective(y, outputs) + sum(losses)

    return [
        np.asarray(gradient)
        for gradient in jax.grad(value)([v.value for v in model.trainable_variables])
    ]


_DERIVATIVES = {"tensorflow": _tensorflow_gradients, "jax": _jax_gradients}


def _value(model, x, y, objective) -> float:
    with _states_kept(model):
        return float(ops.convert_to_numpy(_total(model, objective(y, model(x, training=True)))))


def _total(model, value):
    return value + sum(model.losses)


def _refuse_noise(model, x, y, objective) -> None:
    value = _value(model, x, y, objective)
    if not np.isfinite(value):
        raise UserError(f"gradients cannot be checked: the loss is {value}")
    if _value(model, x, y, objective) != value:
        raise UserError(
            "gradients cannot be checked: the loss differs from call to call, a layer is random"
        )


def _slope(
    variable,
    index: tuple[int, ...],
    value: Callable[[], float],
    automatic: float,
    arithmetic: _Arithmetic,
) -> tuple[float, bool]:
    """Measure the slope at one number; tell whether the automatic gradient is right."""
    middle = value()
    for step in arithmetic.steps:
        above, below = _moved(variable, index, step, value), _moved(variable, index, -step, value)
        slope, right, left = (
            (above - below) / (2 * step),
            (above - middle) / step,
            (middle - below) / step,
        )
        rounding = arithmetic.rounding * max(1.0, abs(middle)) / step
        allowed = arithmetic.tolerance * max(abs(slope), abs(automatic)) + rounding
        if abs(slope - automatic) <= allowed:
            return slope, True
    kink = (
        abs(right - left) > allowed
        and min(left, right) - allowed <= automatic <= max(left, right) + allowed
    )
    return slope, kink


def _moved(variable, index: tuple[int, ...], step: float, value: Callable[[], float]) -> float:
    original = np.array(ops.convert_to_numpy(variable.value))
    moved = original.copy()
    moved[index] += step
    variable.assign(moved)
    try:
        return value()
    finally:
        variable.assign(original)


def _chosen(
    shape: Sequence[int], samples: int, random: np.random.Generator
) -> list[tuple[int, ...]]:
    size = int(np.prod(shape))
    flat = random.choice(size, min(samples, size), replace=False)
    return [tuple(int(i) for i in np.unravel_index(number, shape)) for number in flat]


def _objective(loss: Any, dtype: str) -> Callable[..., Any]:
    if isinstance(loss, Mapping):
        parts = {name: _objective(part, dtype) for name, part in loss.items()}
        return lambda y, outputs: sum(part(y[name], outputs[name]) for name, part in parts.items())
    if isinstance(loss, str):
        function = keras.losses.get(loss)
        return lambda y, outputs: ops.mean(function(_matched(y, outputs, loss), outputs))
    if isinstance(loss, keras.losses.Loss):
        # A loss casts to the precision it was made with.
        return type(loss).from_config({**loss.get_config(), "dtype": dtype})
    return lambda y, outputs: ops.mean(loss(y, outputs))


def _matched(y, outputs, loss: str):
    """Give labels the outputs' rank, as `compile` does for losses that compare number by number."""
    if not loss.startswith("sparse") and len(ops.shape(y)) == len(ops.shape(outputs)) - 1:
        return ops.expand_dims(y, -1)
    return y


def _cast(array: Any, dtype: str) -> Any:
    array = np.asarray(array)
    return array.astype(dtype) if array.dtype.kind == "f" else array


def _changed(config: Any, dtype: str) -> Any:
    """Put `dtype` for every floating-point type and zero for every source of noise."""
    if isinstance(config, (list, tuple)):
        return type(config)(_changed(part, dtype) for part in config)
    if not isinstance(config, dict):
        return config
    changed = {}
    for key, value in config.items():
        if key == "dtype" and (value in _FLOATS if isinstance(value, str) else _is_policy(value)):
            changed[key] = dtype
        elif key in _NOISE and isinstance(value, (int, float)) and not isinstance(value, bool):
            changed[key] = 0.0
        else:
            changed[key] = _changed(value, dtype)
    return changed


def _is_policy(value: Any) -> bool:
    return isinstance(value, dict) and "Policy" in str(value.get("class_name"))
