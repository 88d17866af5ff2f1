"""Recurrent language model: the probabilities of the next token at every token."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from kerasrecipes import heads
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.word_embeddings import Embedding
from kerasrecipes.ranges import Count, Depth, Share


def language_model(
    vocabulary_size: int,
    *,
    embedding_dimension: Count = 64,
    cell: Cell = "lstm",
    num_layers: Depth = 1,
    units: Count = 256,
    dropout_rate: Share = 0.0,
    recurrent_dropout_rate: Share = 0.0,
    vectors: np.ndarray | None = None,
) -> keras.Model:
    """Recurrent language model: an embedding, recurrent layers, and a softmax over the next token.

    It reads in one direction only, for the tokens to the right are what it predicts.

    Args:
        vocabulary_size: number of tokens.
        embedding_dimension: size of the token embeddings, where no vectors are given.
        cell: type of the recurrent layers: simple_rnn, lstm or gru.
        num_layers: number of recurrent layers.
        units: size of the recurrent state.
        dropout_rate: fraction of the inputs to drop during training, before each layer.
        recurrent_dropout_rate: fraction of the recurrent state to drop during training, the same
            units at each step.
        vectors: initial embeddings, `(vocabulary_size, dimension)`.

    Returns:
        An uncompiled `keras.Model`, `(batch, time)` to `(batch, time, vocabulary_size)`.

    Reference:
        [Recurrent Neural Network Based Language
        Model](https://doi.org/10.21437/Interspeech.2010-343) (Mikolov et al., 2010)
    """
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    dimension = embedding_dimension if vectors is None else vectors.shape[1]
    embedding = Embedding(vocabulary_size, dimension, name="vectors")
    x = embedding(inputs)  # (batch, time, dimension)
    for number in range(1, num_layers + 1):
        if dropout_rate:
            x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
        x = recurrent(
            cell,
            units,
            return_sequences=True,
            recurrent_dropout_rate=recurrent_dropout_rate,
            name=f"{cell}_{number}",
        )(x)  # (batch, time, units)
    if dropout_rate:
        x = layers.Dropout(dropout_rate, name="dropout")(x)
    outputs = heads.output_layer("next_token", vocabulary_size)(x)
    model = keras.Model(inputs, outputs, name="language_model")
    if vectors is not None:
        embedding.embeddings.assign(vectors)
    return model
