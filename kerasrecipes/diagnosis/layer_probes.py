"""The layers of a model that are measured, and the capture of their inputs and outputs."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras


@dataclass
class Part:
    """Layer that is measured: the smallest that owns weights or an activation.

    Args:
        name: unique in the model.
        layer: the layer.
        variables: positions of its own variables among the model's trainable ones.
    """

    name: str
    layer: keras.Layer
    variables: list[int] = field(default_factory=list)

    @property
    def activation(self) -> str | None:
        """Name of its activation function, or None."""
        # Wrappers that apply a layer at each time step have the activation of that layer.
        layer = (
            self.layer.layer if isinstance(self.layer, keras.layers.TimeDistributed) else self.layer
        )
        if isinstance(layer, keras.layers.ReLU):
            return "leaky_relu" if getattr(layer, "negative_slope", 0) else "relu"
        name = getattr(getattr(layer, "activation", None), "__name__", None)
        return None if name == "linear" else name

    @property
    def axis(self) -> int:
        """Axis of the units in its output."""
        return 1 if getattr(self.layer, "data_format", None) == "channels_first" else -1


def parts_of(model: keras.Model) -> list[Part]:
    """Return the layers to measure, each with the positions of its own trainable variables."""
    parts: dict[str, Part] = {}
    owner: dict[int, str] = {}
    for parent, layer in _leaves(model):
        name = layer.name if layer.name not in parts else f"{parent.name}/{layer.name}"
        while name in parts:
            name += "'"
        parts[name] = Part(name, layer)
        for variable in layer.trainable_variables:
            # A shared variable belongs to the first layer that has it.
            owner.setdefault(id(variable), name)
    for position, variable in enumerate(model.trainable_variables):
        # A variable that no leaf owns belongs to a composite layer, and is reported by its name.
        name = owner.get(id(variable)) or "/".join(variable.path.split("/")[:-1])
        parts.setdefault(name, Part(name, model)).variables.append(position)
    return list(parts.values())


def _leaves(parent: keras.Layer) -> Iterator[tuple[keras.Layer, keras.Layer]]:
    for layer in parent._flatten_layers(include_self=False, recursive=False):
        # Inside of these a layer runs in a loop, from which its outputs cannot be captured.
        closed = isinstance(layer, keras.layers.RNN | keras.layers.TimeDistributed)
        if closed or not layer._flatten_layers(include_self=False, recursive=False):
            yield parent, layer
        else:
            yield from _leaves(layer)


@contextmanager
def captured(parts: list[Part]) -> Iterator[dict[str, tuple[Any, Any]]]:
    """Context that captures the inputs and outputs of layers while the model is called.

    Args:
        parts: the layers.

    Yields:
        Layer name to `(input, output)`, in the order of the calls; of a layer called twice, the
        last.
    """
    seen: dict[str, tuple[Any, Any]] = {}
    watched = [
        part
        for part in parts
        if "call" not in vars(part.layer) and not isinstance(part.layer, keras.Model)
    ]
    try:
        for part in watched:
            # Past `__setattr__`, with which Keras tracks what layers hold.
            vars(part.layer)["call"] = _capturing(part, seen)
        yield seen
    finally:
        for part in watched:
            vars(part.layer).pop("call", None)


def _capturing(part: Part, seen: dict[str, tuple[Any, Any]]) -> Callable[..., Any]:
    call = part.layer.call

    @functools.wraps(call)
    def note(*args: Any, **kwargs: Any) -> Any:
        output = call(*args, **kwargs)
        inputs, outputs = keras.tree.flatten((args, kwargs)), keras.tree.flatten(output)
        if inputs and outputs:
            # A dictionary keeps the place of a key that is set again: the last call must come last.
            seen.pop(part.name, None)
            seen[part.name] = (inputs[0], outputs[0])
        return output

    return note
