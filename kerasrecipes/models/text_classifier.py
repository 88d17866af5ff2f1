"""Classifiers of texts: a recurrent network over tokens, and a bag of words beside it."""

from __future__ import annotations

from typing import Literal

import keras
import numpy as np
from keras import layers

from kerasrecipes import heads
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.text_encodings import (
    BagOfWords,
    IntegerEncoding,
    OneHot,
    Pooling,
    PoolOverTime,
)
from kerasrecipes.layers.word_embeddings import Embedding, WordDropout

Encoding = Literal["embedding", "one_hot", "integer", "bag_of_words"]
LARGEST_ONE_HOT = 5000
WORDS = "words"  # name of the layer that turns token numbers into vectors


def text_classifier(
    vocabulary_size: int,
    num_classes: int,
    *,
    encoding: Encoding = "embedding",
    embedding_dimension: int = 64,
    cell: Cell = "lstm",
    bidirectional: bool = True,
    num_layers: int = 1,
    units: int = 64,
    pooling: Pooling = "last",
    dropout_rate: float = 0.0,
    recurrent_dropout_rate: float = 0.0,
    word_dropout_rate: float = 0.0,
    masked: bool = True,
    vectors: np.ndarray | None = None,
) -> keras.Model:
    """Read tokens one after another and name the class: many to one.

    Args:
        vocabulary_size: number of tokens, of which 0 is padding and 1 what is not known.
        num_classes: for two one sigmoid unit says how likely the second is; for more a softmax.
        encoding: how a token becomes a vector: learned, its own unit vector, its number as a value;
            or the whole text becomes a bag of words, read by a dense layer instead of a recurrent
            one.
        embedding_dimension: length of a learned vector.
        cell: of the recurrent layers.
        bidirectional: whether each layer reads from both ends.
        num_layers: recurrent layers.
        units: size of the state, of each direction.
        pooling: what the answer is drawn from: the last state, or the largest value or the mean
            over time.
        dropout_rate: share of features that is silenced in training, of the vectors and before the
            answer.
        recurrent_dropout_rate: share of the state that is silenced in training, the same at each
            step.
        word_dropout_rate: share of tokens that is taken for unknown in training.
        masked: whether padding is left out; else it is read like a word.
        vectors: `(vocabulary_size, dimension)`, where learned vectors begin; their length then goes
            before `embedding_dimension`.

    Returns:
        An uncompiled `keras.Model`, `(batch, time)` to `(batch, 1)`, or to `(batch, num_classes)`
        for more than two.

    Raises:
        UserError: if a setting does not exist or does not fit.
    """
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    x = WordDropout(word_dropout_rate, name="word_dropout")(inputs) if word_dropout_rate else inputs
    if vectors is not None:
        embedding_dimension = vectors.shape[1]
    encode = _encoder(encoding, vocabulary_size, embedding_dimension, masked)
    x = encode(x)  # (batch, time, features), or a bag (batch, vocabulary)
    if encoding == "bag_of_words":
        x = layers.Dense(units, activation="relu", name="hidden")(x)
    else:
        x = layers.SpatialDropout1D(dropout_rate, name="features_dropout")(x) if dropout_rate else x
        options = {"bidirectional": bidirectional, "recurrent_dropout_rate": recurrent_dropout_rate}
        for number in range(1, num_layers + 1):
            sequence = number < num_layers or pooling != "last"
            x = recurrent(
                cell, units, return_sequences=sequence, name=f"{cell}_{number}", **options
            )(x)
        # (batch, units), or where all states are looked at (batch, time, units)
        x = x if pooling == "last" else PoolOverTime(pooling, name="pool")(x)
    if dropout_rate:
        x = layers.Dropout(dropout_rate, name="dropout")(x)
    task, size = ("binary", 1) if num_classes == 2 else ("multiclass", num_classes)
    model = keras.Model(inputs, heads.output_layer(task, size)(x), name="text_classifier")
    if vectors is not None:
        _set_vectors(encode, vectors)
    return model


def _encoder(encoding: Encoding, size: int, dimension: int, masked: bool) -> layers.Layer:
    if encoding == "embedding":
        return Embedding(size, dimension, mask_zero=masked, name=WORDS)
    if encoding == "one_hot" and size > LARGEST_ONE_HOT:
        raise UserError(
            f"encoding=one_hot makes each of {size:,} tokens a vector of {size:,} numbers: "
            f"give vocabulary_size={LARGEST_ONE_HOT} or less, or encoding=embedding"
        )
    kinds = {"one_hot": OneHot, "integer": IntegerEncoding, "bag_of_words": BagOfWords}
    if encoding not in kinds:
        raise unknown("encoding", encoding, ["embedding", *kinds])
    return kinds[encoding](size, masked, name=WORDS)


def _set_vectors(layer: layers.Layer, vectors: np.ndarray) -> None:
    if not isinstance(layer, layers.Embedding):
        raise UserError("vectors are where learned ones begin: they need encoding=embedding")
    if vectors.shape != tuple(layer.embeddings.shape):
        raise UserError(
            f"vectors must be of {layer.embeddings.shape[0]} tokens, received {len(vectors)}"
        )
    layer.embeddings.assign(vectors)
