"""Language models: a recurrent network that says at every token which one comes next."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from kerasrecipes import heads
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.word_embeddings import Embedding


def language_model(
    vocabulary_size: int,
    *,
    embedding_dimension: int = 64,
    cell: Cell = "lstm",
    num_layers: int = 1,
    units: int = 256,
    dropout_rate: float = 0.0,
    recurrent_dropout_rate: float = 0.0,
    vectors: np.ndarray | None = None,
) -> keras.Model:
    """Read tokens one after another, and at each give the probabilities of the next: many to many,
    of equal length.

    It reads forwards only, for what comes later is what is asked for.

    Args:
        vocabulary_size: number of tokens.
        embedding_dimension: length of a token's learned vector, where none are given.
        cell: of the recurrent layers.
        num_layers: recurrent layers.
        units: size of the state.
        dropout_rate: share of features that is silenced in training, between all layers.
        recurrent_dropout_rate: share of the state that is silenced in training, the same at each
            step.
        vectors: `(vocabulary_size, dimension)`, where learned vectors begin.

    Returns:
        An uncompiled `keras.Model`, `(batch, time)` to `(batch, time, vocabulary_size)`.
    """
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    dimension = embedding_dimension if vectors is None else vectors.shape[1]
    embedding = Embedding(vocabulary_size, dimension, name="vectors")
    x = embedding(inputs)  # (batch, time, dimension)
    for number in range(1, num_layers + 1):
        if dropout_rate:
            x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
        rates = {"recurrent_dropout_rate": recurrent_dropout_rate}
        x = recurrent(cell, units, return_sequences=True, name=f"{cell}_{number}", **rates)(
            x
        )  # (batch, time, units)
    if dropout_rate:
        x = layers.Dropout(dropout_rate, name="dropout")(x)
    model = keras.Model(
        inputs, heads.output_layer("next_token", vocabulary_size)(x), name="language_model"
    )
    if vectors is not None:
        embedding.embeddings.assign(vectors)
    return model
