"""Surgery on functional models: their graph of layers, and a cut into two models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from kerasrecipes.errors import UserError
from kerasrecipes.layers import codes, recurrent, word_embeddings


def cut(model: keras.Model, name: str) -> tuple[keras.Model, keras.Model]:
    """Cut a model in two at the output of a layer; both share the layers of the whole.

    Args:
        model: a functional model.
        name: name of a layer through whose output all paths lead.

    Returns:
        The model from its inputs to that output, and the one from there to its outputs.

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


def uncompiled(model: keras.Model) -> keras.Model:
    """Return a functional model without its compilation; another kind of model as it is.

    Args:
        model: any model; both share the layers.
    """
    if type(model).__name__ == "Functional":
        # Several outputs keep the names by which losses, metrics and answers know them.
        outputs = model.output if isinstance(model.output, dict) else model.outputs
        return keras.Model(model.inputs, outputs, name=model.name)
    return model


@contextmanager
def without_optimizer(model: keras.Model) -> Iterator[None]:
    """Context in which a model is saved without the state of its optimizer, which is twice
    the model's own size with Adam.

    That is for a model whose class brings a loss or a step of its own, which `uncompiled` leaves as
    it is.

    Args:
        model: any model.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        yield
        return
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer


def with_keras_layers(model: keras.Model) -> keras.Model:
    """Return a model as Keras's own layers where they compute the same, with the same weights.

    Such a model opens without this package. Ours differ from Keras's in speed or gradients; of
    those that only training needs `keras.layers.Identity` stays, and a functional model whose class
    brings a loss of its own becomes a plain one.

    Args:
        model: built; both may share layers.
    """
    first, *bases = [kind.__name__ for kind in type(model).__mro__]
    if first != "Functional" and "Functional" in bases:
        model = keras.Model(model.input, model.output, name=model.name)
    serialized = keras.saving.serialize_keras_object(model)
    translated = _with_keras_layers(serialized)
    if translated == serialized:
        return model
    copy = keras.saving.deserialize_keras_object(translated)
    copy.set_weights(model.get_weights())
    return copy


# By the names under which they are registered.
_TWINS = {
    f"kerasrecipes>{cls.__name__}": cls.__name__
    for cls in (*recurrent.CELLS.values(), word_embeddings.Embedding)
}
_TRAINING_ONLY = {
    f"kerasrecipes>{cls.__name__}" for cls in (word_embeddings.WordDropout, codes.Corruption)
}


def _with_keras_layers(serialized: Any) -> Any:
    """Replace layers in a serialized model, however deep they are."""
    if isinstance(serialized, (list, tuple)):
        return type(serialized)(_with_keras_layers(one) for one in serialized)
    if not isinstance(serialized, dict):
        return serialized
    replaced = {name: _with_keras_layers(value) for name, value in serialized.items()}
    registered = serialized.get("registered_name")
    if registered in _TWINS:
        twin = {"module": "keras.layers", "class_name": _TWINS[registered]}
        replaced |= {**twin, "registered_name": None}
    elif registered in _TRAINING_ONLY:
        common = {"name", "trainable", "dtype"}
        replaced |= {
            "module": "keras.layers",
            "class_name": "Identity",
            "registered_name": None,
            "config": {key: value for key, value in replaced["config"].items() if key in common},
        }
    return replaced


def own_classes(model: keras.Model) -> list[str]:
    """Return the names of this package's classes that a model cannot be loaded without.

    Args:
        model: any model.
    """
    found: set[str] = set()

    def visit(serialized: Any) -> None:
        if isinstance(serialized, dict):
            name = serialized.get("registered_name")
            if isinstance(name, str) and name.startswith("kerasrecipes>"):
                found.add(name.partition(">")[2])
            serialized = list(serialized.values())
        if isinstance(serialized, (list, tuple)):
            for one in serialized:
                visit(one)

    visit(keras.saving.serialize_keras_object(model))
    return sorted(found)


def divides(
    model: keras.Model, layer: keras.Layer, inbound: Mapping[str, Sequence[str]] | None = None
) -> bool:
    """Return whether all paths through a model lead through a layer's output.

    Args:
        model: a functional model.
        layer: a layer of the model.
        inbound: the model's `sources`, where they are known already.
    """
    inbound = inbound or sources(model)
    before: set[str] = set()  # all that the layer depends on
    waiting = [layer.name]
    while waiting:
        new = [source for source in inbound[waiting.pop()] if source not in before]
        before.update(new)
        waiting += new
    outside = [name for name in inbound if name not in before and name != layer.name]
    return output_of(model, layer) is not None and not any(
        source in before for name in outside for source in inbound[name]
    )


def boundary(model: keras.Model, later: list[keras.Layer]) -> str | None:
    """Find the last layer at which a model can be cut so that the given layers come after it.

    Args:
        model: a functional model.
        later: layers that must lie behind the cut.

    Returns:
        The layer's name; `None` if there is none but the input.
    """
    names, inbound = {layer.name for layer in later}, sources(model)
    first = next(index for index, layer in enumerate(model.layers) if layer.name in names)
    for layer in reversed(model.layers[:first]):
        if not isinstance(layer, keras.layers.InputLayer) and divides(model, layer, inbound):
            return layer.name
    return None


def sources(model: keras.Model) -> dict[str, list[str]]:
    """Return the inbound layers of each layer of a functional model.

    Args:
        model: a functional model.

    Returns:
        By the name of each layer, and of each other operation, the names of those whose outputs it
        takes.
    """
    nodes = [node for nodes in model._nodes_by_depth.values() for node in nodes]
    return {
        node.operation.name: [parent.operation.name for parent in node.parent_nodes]
        for node in nodes
    }


def node_of(model: keras.Model, layer: keras.Layer) -> Any:
    """Return a layer's node in a model's graph; a layer that several models share has one in each.

    Args:
        model: a functional model.
        layer: a layer of the model.
    """
    own = {id(node) for nodes in model._nodes_by_depth.values() for node in nodes}
    return next(node for node in layer._inbound_nodes if id(node) in own)


def output_of(model: keras.Model, layer: keras.Layer) -> keras.KerasTensor | None:
    """Return a layer's output tensor within a model; `None` where that is not one tensor.

    Args:
        model: a functional model.
        layer: a layer of the model.
    """
    tensors = node_of(model, layer).output_tensors
    return tensors[0] if len(tensors) == 1 else None


def input_of(model: keras.Model, layer: keras.Layer) -> keras.KerasTensor | None:
    """Return a layer's input tensor within a model; `None` where that is not one tensor.

    Args:
        model: a functional model.
        layer: a layer of the model.
    """
    tensors = node_of(model, layer).input_tensors
    return tensors[0] if len(tensors) == 1 else None
