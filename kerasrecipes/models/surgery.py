"""A functional model in two parts, which hold the same layers as the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kerasrecipes.errors import UserError


def cut(model: keras.Model, name: str) -> tuple[keras.Model, keras.Model]:
    """Divide a model at the output of a layer.

    Args:
        model: functional.
        name: of a layer through whose output all paths lead.

    Returns:
        The model from its inputs to that output, and from there to its outputs.

    Raises:
        UserError: if paths lead around the layer.
    """
    layer = model.get_layer(name)
    if not divides(model, layer):
        raise UserError(
            f"the model cannot be divided at '{name}': some of its layers are connected around it"
        )
    middle = output_of(model, layer)
    rest = keras.Model(middle, model.outputs, name=f"{model.name}_after_{name}")
    return keras.Model(model.input, middle, name=f"{model.name}_to_{name}"), rest


def divides(
    model: keras.Model, layer: keras.Layer, taken: Mapping[str, Sequence[str]] | None = None
) -> bool:
    """Tell whether all paths through a model lead through a layer's output.

    Args:
        model: functional.
        layer: of the model.
        taken: the model's `sources`, where they are known already.
    """
    taken = taken or sources(model)
    before = _ancestors(taken, layer.name)
    outside = [name for name in taken if name not in before and name != layer.name]
    return output_of(model, layer) is not None and not any(
        source in before for name in outside for source in taken[name]
    )


def boundary(model: keras.Model, later: list[keras.Layer]) -> str | None:
    """Find the last layer at which a model divides so that certain layers all come later.

    Args:
        model: functional.
        later: the layers that must lie behind the division.

    Returns:
        The layer's name; `None` if there is none but the input.
    """
    names, taken = {layer.name for layer in later}, sources(model)
    first = next(number for number, layer in enumerate(model.layers) if layer.name in names)
    for layer in reversed(model.layers[:first]):
        if not isinstance(layer, keras.layers.InputLayer) and divides(model, layer, taken):
            return layer.name
    return None


def _ancestors(taken: Mapping[str, Sequence[str]], name: str) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = [source for source in taken[waiting.pop()] if source not in found]
        found.update(new)
        waiting += new
    return found


def node_of(model: keras.Model, layer: keras.Layer) -> Any:
    """Give a layer's place in a model's graph; a layer that several models share has one in
    each.
    """
    own = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
    return next(node for node in layer._inbound_nodes if id(node) in own)


def sources(model: keras.Model) -> dict[str, list[str]]:
    """Name for each layer of a functional model, and each other operation, those whose outputs it
    takes.
    """
    nodes = [node for nodes in model._nodes_by_depth.values() for node in nodes]
    return {
        node.operation.name: [parent.operation.name for parent in node.parent_nodes]
        for node in nodes
    }


def output_of(model: keras.Model, layer: keras.Layer) -> keras.KerasTensor | None:
    """Give what a layer makes within a model; `None` where that is not one tensor."""
    tensors = node_of(model, layer).output_tensors
    return tensors[0] if len(tensors) == 1 else None


def input_of(model: keras.Model, layer: keras.Layer) -> keras.KerasTensor | None:
    """Give what a layer takes within a model; `None` where that is not one tensor."""
    tensors = node_of(model, layer).input_tensors
    return tensors[0] if len(tensors) == 1 else None
