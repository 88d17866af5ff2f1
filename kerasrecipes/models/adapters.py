"""Adapters of low rank (LoRA): a trained model learns something else by few further weights."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import keras

from kerasrecipes.errors import UserError

# Of a serialized layer that has an adapter; without them it is made without one.
_CONFIG = ("lora_rank", "lora_alpha")


def layers_of(model: keras.Model) -> Iterator[keras.Layer]:
    """Iterate over all layers of a model, also those within others, in a fixed order.

    Args:
        model: any model.

    Yields:
        Layers.
    """
    yield from model._flatten_layers(include_self=False, recursive=True)


def adapt(model: keras.Model, rank: int) -> None:
    """Let a model learn by adapters alone: its own weights stay as they are.

    Beside the matrix of each dense layer, and of each embedding, come two thin ones, whose product
    is added to it. One of them begins at zero, so that the model begins as it was.

    Args:
        model: built, with dense layers or embeddings.
        rank: columns of the first thin matrix and rows of the second.

    Raises:
        UserError: if no layer can have an adapter, or the rank is none of a part of a matrix.

    Reference:
        [LoRA: Low-Rank Adaptation of Large Language Models](https://arxiv.org/abs/2106.09685) (Hu
        et al., 2021)
    """
    for weight in model.weights:
        weight.trainable = False
    # A layer that is used at several places has one adapter.
    found = {id(layer): layer for layer in layers_of(model) if _is_adaptable(layer)}
    if not found:
        raise UserError(
            f"adapter_rank={rank}: the model has neither dense layers nor embeddings to adapt"
        )
    for layer in found.values():
        width = min(_matrix(layer).shape)
        if rank >= width:
            raise UserError(
                f"adapter_rank={rank}: {_matrix(layer).path.rpartition('/')[0]} is {width} wide, "
                f"so the rank must be below {width}"
            )
    for layer in found.values():
        layer.enable_lora(rank)


def _is_adaptable(layer: keras.Layer) -> bool:
    kinds = (keras.layers.Dense, keras.layers.EinsumDense, keras.layers.Embedding)
    return isinstance(layer, kinds) and layer.built


def _matrix(layer: Any) -> Any:
    return layer.embeddings if isinstance(layer, keras.layers.Embedding) else layer.kernel


def is_adapted(model: keras.Model) -> bool:
    """Whether a model has adapters."""
    return any(getattr(layer, "lora_enabled", False) for layer in layers_of(model))


def note(model: keras.Model) -> str:
    """Return how many of a model's weights its adapters are, as a sentence."""
    learned, whole = (
        sum(math.prod(weight.shape) for weight in weights)
        for weights in (model.trainable_weights, model.weights)
    )
    return (
        f"only adapters learned: {learned:,} weights beside {whole - learned:,} that stayed as "
        f"they were ({learned / whole:.1%} of all)"
    )


def merged(model: keras.Model) -> keras.Model:
    """Return a model whose adapters are added to its matrices, which computes the same.

    Args:
        model: built.

    Returns:
        A model without adapters; one that has none as it is.
    """
    if not is_adapted(model):
        return model
    plain = keras.saving.deserialize_keras_object(
        _without_adapters(keras.saving.serialize_keras_object(model))
    )
    for layer, copy in zip(layers_of(model), layers_of(plain), strict=True):
        # What Keras writes to a file of weights is merged already.
        store: dict[str, Any] = {}
        layer.save_own_variables(store)
        copy.load_own_variables(
            {name: keras.ops.convert_to_numpy(value) for name, value in store.items()}
        )
    return plain


def _without_adapters(serialized: Any) -> Any:
    if isinstance(serialized, (list, tuple)):
        return type(serialized)(_without_adapters(one) for one in serialized)
    if not isinstance(serialized, dict):
        return serialized
    return {
        name: _without_adapters(value) for name, value in serialized.items() if name not in _CONFIG
    }
