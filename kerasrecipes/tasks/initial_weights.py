"""Weights of an earlier run, with which a training begins: all of them learn on, or adapters do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras

from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.models import adapters
from kerasrecipes.ranges import CountOrZero
from kerasrecipes.runs import earlier, finding

# Of a layer's configuration: what may differ between two trainings of the same weights.
_FREE = {"dropout_rate", "output_scale", "rate", "seed", "dtype", "trainable"}


def begin(
    model: keras.Model, *, weights: str = earlier.NONE, adapter_rank: CountOrZero = 0
) -> keras.Model:
    """Give a model the weights of an earlier run, and adapters that learn in their place.

    Args:
        model: built.
        weights: folder of an earlier run of this recipe, whose weights, vocabulary and sizes the
            training begins with; none begins at random.
        adapter_rank: rank of the adapters (LoRA) that learn beside the run's weights, which then
            stay as they are; with 0 all weights learn.

    Returns:
        The same model.

    Raises:
        UserError: if there is no such run, its model is another one, or the adapters have no run
            to adapt or too high a rank.
    """
    if weights != earlier.NONE:
        source = finding.find_weights(weights).model
        if found := _difference(source, model):
            raise UserError(
                f"weights={excerpt(weights)}: the model of that run has {found} here; leave the "
                "sizes of the model to the run"
            )
        model.set_weights(source.get_weights())
    elif adapter_rank:
        raise UserError(
            f"adapter_rank={adapter_rank}: adapters need trained weights to adapt; give the "
            "folder of a run, weights=FOLDER"
        )
    if adapter_rank:
        adapters.adapt(model, adapter_rank)
    return model


def preprocessor_of(*, weights: str = earlier.NONE) -> Callable[[], Any]:
    """Return what reads the preprocessor of an earlier run, when it is asked to.

    Args:
        weights: folder of an earlier run of this recipe, whose weights, vocabulary and sizes the
            training begins with; none begins at random.

    Returns:
        A function that returns the preprocessor, or `None` without a run.
    """
    return partial(_preprocessor_of, weights)


def _preprocessor_of(weights: str) -> Any:
    return None if weights == earlier.NONE else finding.find_weights(weights).info.preprocessor


def _difference(theirs: keras.Model, ours: keras.Model) -> str | None:
    """Say in what two models differ that decides the meaning of their weights."""
    one, other = (
        {layer.name: keras.saving.serialize_keras_object(layer)["config"] for layer in model.layers}
        for model in (theirs, ours)
    )
    for name in [*one, *(name for name in other if name not in one)]:
        if name not in other:
            return f"a layer {name} that there is not"
        if name not in one:
            return f"no layer {name}, which there is"
        for key, value in one[name].items():
            if key not in _FREE and value != other[name].get(key):
                return f"{key}={excerpt(str(value))}, and not {excerpt(str(other[name].get(key)))}"
    return None
