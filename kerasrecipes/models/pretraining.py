"""A classifier whose hidden layers were autoencoders first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import layers

from kerasrecipes import heads
from kerasrecipes.errors import UserError
from kerasrecipes.layers.pretraining import PretrainedEncoder


def pretrained_classifier(
    input_shape: Sequence[int],
    num_classes: int,
    *,
    hidden_layers: Sequence[int] = (256, 128),
    activation: str = "relu",
    examples_per_layer: int = 0,
    noise_rate: float = 0.3,
    inputs: Mapping[str, Any] | None = None,
) -> keras.Model:
    """A stack of dense layers under a softmax, with or without layer-wise pretraining.

    Args:
        input_shape: of one example; images are flattened.
        num_classes: number of classes.
        hidden_layers: units of each hidden layer.
        activation: nonlinearity of the hidden layers.
        examples_per_layer: examples for which each layer is trained as an autoencoder; 0 for none.
        noise_rate: share of the numbers that the autoencoders have to restore.
        inputs: `mean` and `variance` to normalize raw inputs by.

    Returns:
        An uncompiled `keras.Model`, `(batch, *input_shape)` to `(batch, num_classes)`.

    Raises:
        UserError: if there is no hidden layer, or a number is out of its range.
    """
    if not hidden_layers or min(hidden_layers) < 1 or not 0 <= noise_rate < 1:
        raise UserError(
            f"pretraining needs hidden layers and a noise_rate below 1, received {hidden_layers} and {noise_rate}"
        )
    x = source = keras.Input(tuple(input_shape), name="inputs")
    if inputs is not None:
        axis = -1 if isinstance(inputs["mean"], (list, tuple)) else None
        x = layers.Normalization(
            axis=axis, mean=inputs["mean"], variance=inputs["variance"], dtype="float32"
        )(x)
    x = layers.Flatten(name="flatten")(x)  # (batch, features)
    encoder = PretrainedEncoder(
        hidden_layers,
        activation=activation,
        examples_per_layer=examples_per_layer,
        noise_rate=noise_rate,
        name="encoder",
    )
    x = heads.output_layer("multiclass", num_classes)(encoder(x))  # (batch, classes)
    return keras.Model(source, x, name="pretrained_classifier")
