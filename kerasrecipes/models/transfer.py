"""Transfer learning: a classifier on a pretrained base."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers

from kerasrecipes.models import backbones
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.models.surgery import boundary
from kerasrecipes.ranges import CountOrZero, Probability, Share

Freeze = Literal["all", "last_block", "none"]
Pooling = Literal["average", "max"]

POOLING = {"average": layers.GlobalAveragePooling2D, "max": layers.GlobalMaxPooling2D}


def transfer(
    input_shape: tuple[int, int, int],
    num_classes: int,
    *,
    base: str,
    weights: str = "pretrained",
    pooling: Pooling = "average",
    hidden_units: CountOrZero = 0,
    dropout_rate: Share = 0.2,
    **arguments: Any,
) -> keras.Model:
    """Pretrained base, global pooling of its features, and a new head.

    The graph is flat: the base's layers stand in the model under their own names, its scaling of
    pixels included.

    Args:
        input_shape: `(height, width, 3)`.
        num_classes: number of classes; the head is a softmax over them.
        base: a key of `kerasrecipes.models.backbones.BASES`.
        weights: `pretrained`, `none`, or a file of weights for the base.
        pooling: global pooling of the feature map, average or max.
        hidden_units: units of a hidden layer in the head; 0 for none.
        dropout_rate: fraction of the features to drop during training.
        **arguments: the base's own.

    Returns:
        An uncompiled `keras.Model`, `(batch, height, width, 3)` of 0 … 255 to
        `(batch, num_classes)`.

    Raises:
        UserError: if the base, its weights or its arguments are not right.

    Reference:
        [How transferable are features in deep neural networks?](https://arxiv.org/abs/1411.1792)
        (Yosinski et al., 2014)
    """
    network = backbones.base(base, input_shape, weights=weights, **arguments)
    x = POOLING[pooling](name="pooling")(network.output)  # (batch, channels)
    # Features differ in scale by orders of magnitude from base to base; normalized, one learning
    # rate suits all.
    x = layers.BatchNormalization(momentum=0.9, center=False, scale=False, name="head_scaling")(x)
    if hidden_units:
        x = layers.Dense(hidden_units, activation="relu", name="head_hidden")(x)
    x = layers.Dropout(dropout_rate, name="head_dropout")(x)
    outputs = layers.Dense(num_classes, activation="softmax", dtype="float32", name="class")(x)
    return keras.Model(network.input, outputs, name=f"transfer_{base}")


def freeze(model: keras.Model, base: str, which: Freeze) -> None:
    """Freeze the base or a part of it; its batch normalization is always frozen.

    Frozen batch normalization uses the statistics that the base was trained with, also in training.

    Args:
        model: built by `transfer`.
        base: the base's name.
        which: `all` of the base is frozen, all but its `last_block`, or `none` of it.
    """
    of_base = base_layers(model)
    trained = {"all": [], "last_block": backbones.last_block(model, base), "none": of_base}[which]
    names = {layer.name for layer in trained}
    for layer in of_base:
        layer.trainable = layer.name in names and not isinstance(layer, layers.BatchNormalization)


def base_layers(model: keras.Model) -> list[keras.Layer]:
    """Return the layers from the pixels to the feature map."""
    names = [layer.name for layer in model.layers]
    return model.layers[: names.index("pooling")]


def frozen_up_to(model: keras.Model, base: str, which: Freeze) -> str | None:
    """Find the last layer before which all is frozen, so that its outputs can be cached.

    Args:
        model: built by `transfer`.
        base: the base's name.
        which: as in `freeze`.

    Returns:
        The layer's name; `None` where nothing is frozen.
    """
    if which == "all":
        return "pooling"
    return boundary(model, backbones.last_block(model, base)) if which == "last_block" else None


def augmented(
    model: keras.Model,
    *,
    flip: bool = False,
    rotation: Probability = 0.0,
    zoom: Probability = 0.0,
    contrast: Probability = 0.0,
) -> keras.Model:
    """Put random augmentation before a model, in training only.

    Args:
        model: a model that takes pixels 0 … 255.
        flip: whether to flip images horizontally at random.
        rotation: largest random rotation, as a fraction of a full turn.
        zoom: largest random zoom in or out, as a fraction.
        contrast: largest random change of the contrast, as a fraction.

    Returns:
        A model around the given one, with the same variables; the given one itself if there is no
        augmentation.
    """
    changes = augmentation(flip=flip, rotation=rotation, zoom=zoom, contrast=contrast)
    if not changes:
        return model
    inputs = keras.Input(model.input_shape[1:], name="image")
    x = layers.Rescaling(1.0, dtype="float32")(inputs)  # from bytes to floats
    for change in changes:
        x = change(x)
    return keras.Model(inputs, model(x), name=f"{model.name}_augmented")
