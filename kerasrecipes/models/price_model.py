"""A price from several inputs, each read by a branch of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers, ops

from kerasrecipes.layers.presence import MeanOfPresent
from kerasrecipes.models.convolutions import halved
from kerasrecipes.models.mlp import normalization
from kerasrecipes.ranges import Count, Share


def price_model(
    *,
    features: int = 0,
    vocabulary_size: int = 0,
    words: int = 0,
    photos: tuple[int, int, int] = (0, 0, 0),
    moments: Mapping[str, Any] | None = None,
    log_price: tuple[float, float] = (0.0, 1.0),
    units: Count = 64,
    filters: tuple[Count, ...] = (16, 32, 64),
    embedding_dimension: Count = 32,
    dropout_rate: Share = 0.2,
    missing_rate: Share = 0.1,
) -> keras.Model:
    """Branches for a row of numbers, words and photographs, joined by dense layers.

    Args:
        features: numbers of a row; 0 without a table.
        vocabulary_size: number of tokens; 0 without text.
        words: tokens of a text, padded.
        photos: most photographs, height and width; 0 without.
        moments: `mean` and `variance` of each feature.
        log_price: mean and standard deviation of the logarithm of prices.
        units: of each branch, and of the layer that joins them.
        filters: of the convolutions that see a photograph.
        embedding_dimension: of the words.
        dropout_rate: fraction of the joined features to drop during training.
        missing_rate: share of the examples for which a branch is left out during training, so that
            the others learn to do without it.

    Returns:
        An uncompiled `keras.Model`, from a dictionary of `table`, `text` and `photos` to
        `(batch, 1)`, a price above 0.

    Raises:
        UserError: if photographs are too small for so many convolutions.
    """
    inputs, branches = {}, []
    if features:
        inputs["table"] = x = keras.Input((features,), name="table")
        if moments is not None:
            x = normalization(moments, name="normalize")(x)
        branches.append(_branch(x, "table", units, missing_rate))
    if vocabulary_size:
        inputs["text"] = tokens = keras.Input((words,), dtype="int32", name="text")
        x = layers.Embedding(vocabulary_size, embedding_dimension, name="words")(tokens)
        x = MeanOfPresent(name="mean_of_words")(x, tokens)
        branches.append(_branch(x, "text", units, missing_rate))
    if photos[0]:
        count, height, width = photos
        inputs["photos"] = pixels = keras.Input((count, height, width, 3), name="photos")
        x = layers.Rescaling(1 / 127.5, offset=-1.0, name="scaling")(pixels)
        # All photographs of a batch are seen by the same convolutions.
        x = halved(ops.reshape(x, (-1, height, width, 3)), filters)
        x = layers.GlobalAveragePooling2D(name="pooling")(x)
        x = MeanOfPresent(name="mean_of_photos")(ops.reshape(x, (-1, count, filters[-1])), pixels)
        branches.append(_branch(x, "photos", units, missing_rate))
    x = layers.Concatenate(name="joined")(branches) if len(branches) > 1 else branches[0]
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    x = layers.Dense(1, dtype="float32", name="log_price")(x)
    mean, deviation = log_price
    x = layers.Rescaling(deviation, offset=mean, dtype="float32", name="log_in_units")(x)
    outputs = layers.Activation("exponential", dtype="float32", name="price")(x)
    return keras.Model(inputs, outputs, name="price_model")


def _branch(x: keras.KerasTensor, name: str, units: int, missing_rate: float) -> keras.KerasTensor:
    x = layers.Dense(units, activation="relu", name=f"{name}_features")(x)
    # All features of an example at once.
    return layers.Dropout(missing_rate, noise_shape=(None, 1), name=f"{name}_left_out")(x)
