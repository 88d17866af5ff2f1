"""The layers of a model that are watched, and what goes into and comes out of each."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras


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
        layer = (
            self.layer.layer if isinstance(self.layer, keras.layers.TimeDistributed) else self.layer
        )
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
