"""The layers of a model, and what is measured of each: gradients, weights, updates, activations.

Everything is measured in a stateless scope: batch statistics, seed generators and metrics stay untouched.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
from keras import ops

# Where the slope of an activation is below this share of its steepest, a unit counts as saturated.
FLAT = 0.05

# The slope of an activation over its steepest, as a function of its output.
SLOPES: dict[str, Callable[[Any], Any]] = {
    "sigmoid": lambda h: 4 * h * (1 - h),
    "hard_sigmoid": lambda h: ops.cast((h > 0) & (h < 1), "float32"),
    "tanh": lambda h: 1 - h * h,
    "hard_tanh": lambda h: ops.cast(ops.abs(h) < 1, "float32"),
    "softsign": lambda h: ops.square(1 - ops.abs(h)),
}
# Activations whose output and slope are zero for every negative input.
RECTIFIERS = frozenset({"relu", "relu6"})


@dataclass
class Part:
    """A layer that is watched: the smallest that owns weights or an activation."""

    name: str
    layer: keras.Layer
    variables: list[int] = field(default_factory=list)

    @property
    def activation(self) -> str | None:
        """The name of its activation function, None where it has none that is known."""
        # Wrappers that apply a layer at each time step have the activation of that layer.
        layer = self.layer.layer if isinstance(self.layer, keras.layers.TimeDistributed) else self.layer
        if isinstance(layer, keras.layers.ReLU):
            return "leaky_relu" if getattr(layer, "negative_slope", 0) else "relu"
        name = getattr(getattr(layer, "activation", None), "__name__", None)
        return None if name == "linear" else name

    @property
    def axis(self) -> int:
        """The axis of its output that counts its units."""
        return 1 if getattr(self.layer, "data_format", None) == "channels_first" else -1


def parts_of(model: keras.Model) -> list[Part]:
    """List the layers to watch, each with the positions of its own trainable variables."""
    parts: dict[str, Part] = {}
    owner: dict[int, str] = {}
    for parent, layer in _leaves(model):
        name = layer.name if layer.name not in parts else f"{parent.name}/{layer.name}"
        while name in parts:
            name += "'"
        parts[name] = Part(name, layer)
        for variable in layer.trainable_variables:
            owner.setdefault(id(variable), name)
    for position, variable in enumerate(model.trainable_variables):
        # What no leaf owns belongs to a composite layer; it is told under that layer's name.
        name = owner.get(id(variable)) or "/".join(variable.path.split("/")[:-1])
        parts.setdefault(name, Part(name, model)).variables.append(position)
    return list(parts.values())


def _leaves(parent: keras.Layer) -> Iterator[tuple[keras.Layer, keras.Layer]]:
    for layer in parent._flatten_layers(include_self=False, recursive=False):
        # Inside of these a layer runs in a loop of its own, where its outputs cannot be taken out.
        closed = isinstance(layer, keras.layers.RNN | keras.layers.TimeDistributed)
        if closed or not layer._flatten_layers(include_self=False, recursive=False):
            yield parent, layer
        else:
            yield from _leaves(layer)


@contextmanager
def captured(parts: list[Part]) -> Iterator[dict[str, tuple[Any, Any]]]:
    """Take down what goes into and comes out of each layer while the block calls the model.

    Yields:
        Layer name to `(input, output)`, in the order of the calls; of a layer called twice, the last.
    """
    seen: dict[str, tuple[Any, Any]] = {}
    watched = [
        part for part in parts if "call" not in vars(part.layer) and not isinstance(part.layer, keras.Model)
    ]
    try:
        for part in watched:
            vars(part.layer)["call"] = _noting(part, seen)
        yield seen
    finally:
        for part in watched:
            vars(part.layer).pop("call", None)


def _noting(part: Part, seen: dict[str, tuple[Any, Any]]) -> Callable[..., Any]:
    call = part.layer.call

    @functools.wraps(call)
    def note(*args: Any, **kwargs: Any) -> Any:
        output = call(*args, **kwargs)
        inputs, outputs = keras.tree.flatten((args, kwargs)), keras.tree.flatten(output)
        if inputs and outputs:
            seen.pop(part.name, None)
            seen[part.name] = (inputs[0], outputs[0])
        return output

    return note


def activation_share(part: Part, output: Any) -> Any:
    """Measure the share of units never active (rectifiers) or of saturated outputs (bounded functions)."""
    output = ops.cast(output, "float32")
    if part.activation in RECTIFIERS:
        units = ops.moveaxis(output, part.axis, -1)  # (…, units)
        active = ops.any(ops.reshape(units, (-1, units.shape[-1])) > 0, axis=0)
        return 1 - ops.mean(ops.cast(active, "float32"))
    if part.activation in SLOPES:
        return ops.mean(ops.cast(SLOPES[part.activation](output) < FLAT, "float32"))
    return ops.zeros(())


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
    rows = ops.reshape(ops.cast(inputs, "float32"), (-1, inputs.shape[-1]))
    least = ops.mean(ops.cast(rows <= ops.min(rows, axis=0), "float32"), axis=0)
    return ops.stack([ops.mean(rows, axis=0), ops.std(rows, axis=0), least])


def weight_statistics(values: list[Any], previous: list[Any], gradients: list[Any]) -> Any:
    """Measure one layer's kernels: norms of gradient, weights and last update, and the spread of the weights.

    Biases start at zero, so a ratio to their norm says nothing: they count only where there is no kernel.

    Returns:
        `(5,)`: gradient norm, weight norm, update norm, deviation of the weights, count of weights.
    """
    kernels = [row for row in zip(values, previous, gradients, strict=True) if len(row[0].shape) > 1]
    rows = kernels or list(zip(values, previous, gradients, strict=True))
    flat = [[ops.reshape(ops.cast(array, "float32"), (-1,)) for array in row] for row in rows]
    count = sum(row[0].shape[0] for row in flat)
    mean = sum(ops.sum(row[0]) for row in flat) / count
    return ops.stack(
        [
            ops.sqrt(sum(ops.sum(ops.square(row[2])) for row in flat)),
            ops.sqrt(sum(ops.sum(ops.square(row[0])) for row in flat)),
            ops.sqrt(sum(ops.sum(ops.square(row[0] - row[1])) for row in flat)),
            ops.sqrt(sum(ops.sum(ops.square(row[0] - mean)) for row in flat) / count),
            ops.convert_to_tensor(float(count)),
        ]
    )
