"""Classifier with greedy layer-wise pretraining of its hidden layers as autoencoders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import layers

from kerasrecipes import heads
from kerasrecipes.errors import UserError
from kerasrecipes.layers.pretraining import PretrainedEncoder
from kerasrecipes.models.mlp import normalization
from kerasrecipes.ranges import Share


def pretrained_classifier(
    input_shape: Sequence[int],
    num_classes: int,
    *,
    hidden_layers: Sequence[int] = (256, 128),
    activation: str = "relu",
    examples_per_layer: int = 0,
    noise_rate: Share = 0.3,
    inputs: Mapping[str, Any] | None = None,
) -> keras.Model:
    """Dense layers with a softmax, with or without layer-wise pretraining.

    Args:
        input_shape: shape of one example; images are flattened.
        num_classes: number of classes.
        hidden_layers: units of each hidden layer.
        activation: activation function of the hidden layers.
        examples_per_layer: number of training examples for which each layer is pretrained as an
            autoencoder; 0 for no pretraining.
        noise_rate: fraction of the inputs of an autoencoder to set to zero, for it to reconstruct.
        inputs: `mean` and `variance` by which raw inputs are normalized.

    Returns:
        An uncompiled `keras.Model`, `(batch, *input_shape)` to `(batch, num_classes)`.

    Raises:
        UserError: if there is no hidden layer, or a number is out of its range.

    Reference:
        [Greedy Layer-Wise Training of Deep Networks](https://papers.nips.cc/paper/3048) (Bengio et
        al., 2006)
    """
    if not hidden_layers or min(hidden_layers) < 1 or not 0 <= noise_rate < 1:
        raise UserError(
            "pretraining needs hidden layers and a noise_rate below 1, "
            f"received {hidden_layers} and {noise_rate}"
        )
    x = source = keras.Input(tuple(input_shape), name="inputs")
    if inputs is not None:
        x = normalization(inputs)(x)
    x = layers.Flatten(name="flatten")(x)  # (batch, features)
    encoder = PretrainedEncoder(
        hidden_layers,
        activation=activation,
        examples_per_layer=examples_per_layer,
        noise_rate=noise_rate,
        name="encoder",
    )
    x = heads.output_layer("multiclass", num_classes)(encoder(x))  # (batch, num_classes)
    return keras.Model(source, x, name="pretrained_classifier")
