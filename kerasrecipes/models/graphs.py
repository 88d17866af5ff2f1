"""The graph of a functional model: which layer takes what from which."""

from __future__ import annotations

from typing import Any

import keras


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
