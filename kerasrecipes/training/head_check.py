"""What a page's model gives, held against what the data and the loss want, before the training.

A loss takes much that does not fit without a word: five outputs for ten classes, scores for
probabilities, a column for each label of one. The model then learns nothing, or something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerasrecipes import heads
from kerasrecipes.data.examples import Examples, leaves
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective
from kerasrecipes.training import objectives

# Losses that take probabilities unless they are told that they get logits.
PROBABILITY_LOSSES = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)
BOUNDED = ("softmax", "sigmoid", "hard_sigmoid", "sparsemax")  # activations from 0 to 1


def check(model: keras.Model, objective: Objective, examples: Examples, info: Info) -> None:
    """Check that a model's inputs and outputs fit the data and the objective.

    Args:
        model: the plain model; only one whose inputs and outputs are known can be checked.
        objective: loss and task.
        examples: of the training, of which two are looked at.
        info: metadata of the data.

    Raises:
        UserError: with what does not fit.
    """
    if not len(examples) or not _is_known(model):
        return
    require_readable(model)
    x, *labels = examples.take(np.arange(min(2, len(examples))))
    _check_inputs(model, x)
    if objective.task is None or not labels:
        return
    losses = objectives.losses(objective)
    # A `Sequential` knows its outputs by their list alone.
    whole = model.outputs[0] if isinstance(model, keras.Sequential) else model.output
    outputs = whole if isinstance(whole, dict) else {"": whole}
    for name, output in outputs.items():
        loss = losses.get(name) if isinstance(losses, Mapping) else losses
        label: Any = labels[0].get(name) if isinstance(labels[0], Mapping) else labels[0]
        row = heads.by_output(objective.task).get(name) if name else objective.task
        if row is None or not hasattr(output, "shape") or not hasattr(label, "shape"):
            continue
        named = f"the output '{name}'" if name else "the model's output"
        _check_shape(tuple(output.shape[1:]), label, row, info, named)
        if _wants_probabilities(loss):
            _check_probabilities(model, name, output, x, named)


def require_readable(model: keras.Model) -> None:
    """Refuse layers with which a saved model could not be loaded.

    Args:
        model: the model.

    Raises:
        UserError: if a layer is a `Lambda`, or of a page's own class that is not registered.
    """
    for layer in model._flatten_layers(include_self=False):
        kind = type(layer)
        if isinstance(layer, keras.layers.Lambda):
            raise UserError(
                f"the layer '{layer.name}' is a Lambda, whose code a saved model cannot bring; "
                "use functions of keras.ops in its place, or a class of your own that is registered"
            )
        if kind.__module__.partition(".")[0] in ("keras", "kerasrecipes", "keras_hub"):
            continue
        if keras.saving.get_registered_object(keras.saving.get_registered_name(kind)) is not kind:
            raise UserError(
                f"a saved layer '{layer.name}' could not be loaded: put "
                "@keras.saving.register_keras_serializable(package='kerasrecipes') before the "
                f"class {kind.__name__}"
            )


def _is_known(model: keras.Model) -> bool:
    """Return whether inputs and outputs are tensors of a graph of layers."""
    return type(model).__name__ in ("Functional", "Sequential") and bool(
        getattr(model, "outputs", None) and getattr(model, "inputs", None)
    )


def _check_inputs(model: keras.Model, x: Any) -> None:
    """Compare shapes of one input; Keras adds or removes a last axis of length 1 itself."""
    arrays = leaves(x)
    if len(model.inputs) != 1 or len(arrays) != 1:
        return
    wanted, given = tuple(model.inputs[0].shape[1:]), tuple(arrays[0].shape[1:])
    plain = [wanted, given]
    if len(wanted) != len(given):
        plain = [shape[:-1] if shape[-1:] == (1,) else shape for shape in plain]
    same = len(plain[0]) == len(plain[1]) and all(
        side is None or side == length for side, length in zip(*plain, strict=True)
    )
    if not same:
        raise UserError(
            f"the model takes inputs of the shape {_spelled(wanted)}, the data has "
            f"{_spelled(given)}; build it with info.input_shape"
        )


def _check_shape(
    shape: tuple[int | None, ...], label: np.ndarray, row: str, info: Info, named: str
) -> None:
    """Compare the shape of an output with that of its label."""
    one = label.shape[1:]
    if row in ("multiclass", "next_token"):
        count = len(info.classes) if info.classes and row == "multiclass" else None
        rank = len(one[:-1] if one[-1:] == (1,) and len(one) == len(shape) else one) + 1
        if len(shape) != rank:
            raise UserError(
                f"{named} has the shape {_spelled(shape)} for each example; one number for each "
                f"{'class' if rank == 1 else 'class of each entry'} is wanted: {rank} "
                f"{'axis' if rank == 1 else 'axes'}"
            )
        if count is not None and shape[-1] is not None and shape[-1] < count:
            raise UserError(
                f"{named} has {_units(shape[-1])} for {count:,} classes; give the last layer "
                f"info.num_classes units ({count:,})"
            )
        return
    wanted = one or (1,)
    plain = shape or (1,)
    if len(plain) != len(wanted) or any(
        side is not None and side != length for side, length in zip(plain, wanted, strict=False)
    ):
        raise UserError(
            f"{named} has the shape {_spelled(plain)} for each example; the task '{row}' wants "
            f"that of its labels, {_spelled(wanted)}"
        )


def _wants_probabilities(loss: Any) -> bool:
    name = loss if isinstance(loss, str) else getattr(loss, "name", "")
    return name in PROBABILITY_LOSSES and not getattr(loss, "from_logits", False)


def _check_probabilities(model: keras.Model, name: str, output: Any, x: Any, named: str) -> None:
    """Refuse an output that is no probability: by its activation, else by its values."""
    layer = output._keras_history.operation
    activation = getattr(getattr(layer, "activation", None), "__name__", None)
    if isinstance(layer, keras.layers.Softmax):
        activation = "softmax"
    units = output.shape[-1]
    if activation == "softmax" and units == 1:
        raise UserError(
            f"{named} is a softmax of 1 unit, which is always 1: take a sigmoid, or a unit for "
            "each class"
        )
    if activation in BOUNDED:
        return
    if activation is None:
        # The activation of an operation or of a nested model is unknown: its values tell.
        found = model(x, training=False)
        values = keras.ops.convert_to_numpy(found[name] if name else found)
        if values.min() >= 0 and values.max() <= 1 + 1e-3:
            return
    wanted = "sigmoid" if units == 1 else "softmax"
    which = f"activation {activation}" if activation not in (None, "linear") else "no activation"
    raise UserError(
        f"{named} is no probability, which the loss wants: the last layer '{layer.name}' has "
        f"{which}; give it activation='{wanted}', or a loss with from_logits=True"
    )


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count:,} units"


def _spelled(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join('any' if side is None else str(side) for side in shape)})"
