"""A functional model in two parts, which hold the same layers as the whole."""

from __future__ import annotations

import keras

from kerasrecipes.errors import UserError
from kerasrecipes.models.graphs import inbound, output_of


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
        raise UserError(f"the model cannot be divided at '{name}': some of its layers are connected around it")
    middle = output_of(model, layer)
    rest = keras.Model(middle, model.outputs, name=f"{model.name}_after_{name}")
    return keras.Model(model.inputs, middle, name=f"{model.name}_to_{name}"), rest


def divides(model: keras.Model, layer: keras.Layer) -> bool:
    """Tell whether all paths through a model lead through a layer's output."""
    before = _ancestors(model, layer)
    sources = {other.name: [source.name for source in inbound(model, other)] for other in model.layers}
    outside = [name for name in sources if name not in before and name != layer.name]
    return output_of(model, layer) is not None and not any(
        source in before for name in outside for source in sources[name]
    )


def boundary(model: keras.Model, later: list[keras.Layer]) -> str | None:
    """Find the last layer at which a model divides so that certain layers all come later.

    Args:
        model: functional.
        later: the layers that must lie behind the division.

    Returns:
        The layer's name; `None` if there is none but the input.
    """
    names = {layer.name for layer in later}
    first = next(number for number, layer in enumerate(model.layers) if layer.name in names)
    for layer in reversed(model.layers[:first]):
        if not isinstance(layer, keras.layers.InputLayer) and divides(model, layer):
            return layer.name
    return None


def _ancestors(model: keras.Model, layer: keras.Layer) -> set[str]:
    found: set[str] = set()
    waiting = [layer]
    while waiting:
        for source in inbound(model, waiting.pop()):
            if source.name not in found:
                found.add(source.name)
                waiting.append(source)
    return found
