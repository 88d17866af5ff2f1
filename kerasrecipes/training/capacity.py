"""What a training needs of the machine's memory, estimated before it is asked for."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from kerasrecipes import memory
from kerasrecipes.data.examples import Examples, leaves
from kerasrecipes.training import device_defaults

# Arrays as large as the weights that training needs at least: the weights, their gradients, and
# what the optimizer keeps.
COPIES = {"sgd": 2, "momentum": 3, "nag": 3, "adagrad": 3, "rmsprop": 3, "lion": 3}
MOST_COPIES = 4


@contextmanager
def weights_that_fit() -> Iterator[None]:
    """Context in which a layer is refused whose weights the machine's memory cannot hold, before
    they are made.

    Raises:
        UserError: with the layer, at the first weight that is too much.
    """
    add_weight, total = keras.Layer.add_weight, 0.0

    def counted(layer: keras.Layer, *args: Any, **options: Any) -> Any:
        nonlocal total
        shape = options.get("shape", args[0] if args else ())
        total += _bytes(shape if isinstance(shape, Sequence) else (shape,), 4)
        sides = " x ".join(f"{side:,}" for side in shape) if isinstance(shape, Sequence) else shape
        memory.require(total, f"the model's weights, {sides} in layer {layer.name},")
        return add_weight(layer, *args, **options)

    keras.Layer.add_weight = counted
    try:
        yield
    finally:
        keras.Layer.add_weight = add_weight


def require_room(model: keras.Model, optimizer: str, examples: Examples, batch_size: int) -> None:
    """Refuse a training whose weights, or one batch of it, exceed the machine's memory.

    Args:
        model: the plain model.
        optimizer: by its name in the settings.
        examples: of the training.
        batch_size: examples that are computed at a time on one device.

    Raises:
        UserError: if they do.
    """
    copies = COPIES.get(optimizer, MOST_COPIES)
    weights = 4.0 * sum(math.prod(variable.shape) for variable in model.trainable_variables)
    what = f"the model's weights, their gradients and the state of the optimizer {optimizer}"
    memory.require(copies * weights, what)
    if device_defaults.kind() != "cpu" or not len(examples):
        return  # what is computed lies in the memory of the device, which its library tells of
    longest = None if examples.lengths is None else int(np.argmax(examples.lengths))
    batch = examples.take(np.array([longest or 0]))
    length = 1 if longest is None or examples.lengths is None else int(examples.lengths[longest])
    inputs = sum(np.asarray(array).nbytes for array in leaves(batch))
    outputs = sum(_bytes(shape, 4, length) for shape in _output_shapes(model))
    what = f"the arrays of a batch of {batch_size:,} examples"
    memory.require(batch_size * (inputs + outputs), what)


def _output_shapes(model: keras.Model) -> Iterator[tuple[int | None, ...]]:
    """Shapes without the batch of what the layers with weights give, which training keeps."""
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.Model) or not layer.trainable_weights:
            continue
        try:
            outputs = keras.tree.flatten(layer.output)
        except (AttributeError, ValueError):  # called several times, or outside of a graph
            continue
        yield from (tuple(output.shape[1:]) for output in outputs)


def _bytes(shape: Sequence[Any], size: int, length: int = 1) -> float:
    """Return the bytes of an array, whose axes without a length have this one."""
    return float(size) * math.prod(side if isinstance(side, int) else length for side in shape)
