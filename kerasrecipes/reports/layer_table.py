"""A model as a table of layers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras


def layer_table(model: keras.Model) -> list[dict[str, Any]]:
    """List a model's layers.

    Args:
        model: a built model; models within it are opened.

    Returns:
        For each layer `name`, `type`, `output_shape`, `parameters` and `flops`: multiplications and
        additions of its kernels for one example, where dimensions are known; other work is not
        counted.
    """
    return [
        {
            "name": layer.name,
            "type": type(layer).__name__,
            "output_shape": _shape(layer),
            "parameters": layer.count_params(),
            "flops": flops(layer),
        }
        for layer in _flat(model)
    ]


def flops(layer: keras.Layer) -> int | None:
    """Count the multiplications and additions of a layer's kernels for one example.

    Args:
        layer: a built layer that was called once.

    Returns:
        The count; `None` if a dimension is unknown.
    """
    names = ("kernel", "recurrent_kernel", "depthwise_kernel")
    kernels = [weight for weight in layer.weights if weight.name in names]
    if not kernels:
        return 0
    positions = _positions(layer)
    if positions is None:
        return None
    # A multiplication and an addition for each weight at each position.
    return sum(2 * math.prod(kernel.shape) * positions for kernel in kernels)


def _positions(layer: keras.Layer) -> int | None:
    """Count the positions at which a kernel is applied: pixels, time steps, or one."""
    # A recurrent layer may return its last state only: its steps are counted in the input.
    shape = _shape(layer, "input" if isinstance(layer, keras.layers.RNN) else "output")
    if not isinstance(shape, tuple):
        return None
    if isinstance(layer, keras.layers.RNN):
        inner = shape[1:2]
    elif getattr(layer, "data_format", "channels_last") == "channels_first":
        inner = shape[2:]
    else:
        # Empty for a dense layer on vectors: the product of no numbers is 1.
        inner = shape[1:-1]
    return None if None in inner else math.prod(inner)


def _flat(model: keras.Model) -> Iterator[keras.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _flat(layer)
        else:
            yield layer


def _shape(layer: keras.Layer, side: str = "output") -> Any:
    """Return the shape of the output or the input, with the batch first; a list of several."""
    try:
        # Keras raises where a layer was not called on symbolic tensors, as in a subclassed model.
        tensors = getattr(layer, side)
    except (AttributeError, ValueError):
        return None
    if isinstance(tensors, (list, tuple)):
        return [tuple(t.shape) for t in tensors]
    return tuple(tensors.shape)
