"""A functional model in two parts, which hold the same layers as the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras

from kerasrecipes.errors import UserError
from kerasrecipes.models.graphs import output_of, sources


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
