"""Sequence tagger: a tag for every word, from the word, its characters and its neighbours."""

from __future__ import annotations

from typing import Any, Literal

import keras
import numpy as np
from keras import layers

from kerasrecipes import heads
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.word_embeddings import (
    ConcatFeatures,
    Embedding,
    TimeDistributedRNN,
    WordDropout,
)
from kerasrecipes.ranges import Count, Depth, Share

Characters = Literal["convolution", "recurrent", "none"]

_CHARACTER_DIMENSION = 32  # size of the character embeddings; Ma and Hovy have 30


def tagger(
    vocabulary_size: int,
    num_classes: int,
    *,
    alphabet_size: int = 0,
    letters: int = 0,
    cell: Cell = "lstm",
    bidirectional: bool = True,
    num_layers: Depth = 1,
    units: Count = 128,
    embedding_dimension: Count = 100,
    characters: Characters = "convolution",
    character_units: Count = 64,
    dropout_rate: Share = 0.3,
    recurrent_dropout_rate: Share = 0.0,
    word_dropout_rate: Share = 0.1,
    vectors: np.ndarray | None = None,
) -> keras.Model:
    """Sequence tagger: word and character vectors, recurrent layers, and a softmax for each word.

    Args:
        vocabulary_size: number of words, padding and unknown included.
        num_classes: number of tags.
        alphabet_size: number of characters, padding and unknown included.
        letters: number of characters of each word that the model reads.
        cell: type of the recurrent layers: simple_rnn, lstm or gru.
        bidirectional: whether sentences are read in both directions.
        num_layers: number of recurrent layers over the sentence.
        units: size of the recurrent state, for each direction.
        embedding_dimension: size of the word embeddings.
        characters: how the vector of a word's characters is computed: by a convolution and its
            maximum over the word, by a bidirectional recurrent layer, or not at all.
        character_units: size of the vector of a word's characters.
        dropout_rate: fraction of the features to drop during training, before and after each
            recurrent layer.
        recurrent_dropout_rate: fraction of the recurrent state to drop during training.
        word_dropout_rate: fraction of words to replace by the unknown word during training.
        vectors: initial word embeddings, `(vocabulary_size, dimension)`; their size then replaces
            `embedding_dimension`.

    Returns:
        An uncompiled `keras.Model` of the inputs `words` `(batch, time)` and `letters`
        `(batch, time, letters)`, word and character ids, to `(batch, time, num_classes)`.

    Reference:
        [End-to-end Sequence Labeling via Bi-directional
        LSTM-CNNs-CRF](https://arxiv.org/abs/1603.01354) (Ma and Hovy, 2016)
    """
    inputs = {"words": keras.Input((None,), dtype="int32", name="words")}
    x = WordDropout(word_dropout_rate, name="word_dropout")(inputs["words"])
    dimension = embedding_dimension if vectors is None else vectors.shape[1]
    embedding = Embedding(vocabulary_size, dimension, mask_zero=True, name="word_vectors")
    x = embedding(x)  # (batch, time, dimension)
    if vectors is not None:
        embedding.embeddings.assign(vectors)
    if characters != "none":
        inputs["letters"] = keras.Input((None, letters), dtype="int32", name="letters")
        from_characters = _character_features(
            inputs["letters"], alphabet_size, characters, cell, character_units
        )
        x = ConcatFeatures(name="words_and_letters")([x, from_characters])
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    for number in range(1, num_layers + 1):
        x = recurrent(
            cell,
            units,
            return_sequences=True,
            bidirectional=bidirectional,
            recurrent_dropout_rate=recurrent_dropout_rate,
            name=f"sentence_{number}",
        )(x)  # (batch, time, units), or 2 * units in both directions
        x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
    outputs = heads.output_layer("multiclass", num_classes, layer_name="tag")(x)
    return keras.Model(inputs, outputs, name="tagger")


def _character_features(
    letters: Any, alphabet_size: int, characters: Characters, cell: Cell, units: int
) -> keras.KerasTensor:
    """Vector of each word's characters, `(batch, time, letters)` to `(batch, time, units)`."""
    embed = Embedding(
        alphabet_size,
        _CHARACTER_DIMENSION,
        mask_zero=characters == "recurrent",
        name="letter_vectors",
    )
    x = embed(letters)  # (batch, time, letters, dimension)
    if characters == "recurrent":
        layer = recurrent(cell, units // 2, bidirectional=True)
        return TimeDistributedRNN(layer, name="spelling")(x)
    # A kernel of one word and three characters. Padding is not masked: beside it, a pattern is that
    # of the word's end.
    x = layers.Conv2D(units, (1, 3), padding="same", activation="relu", name="letter_patterns")(x)
    # (batch, time, 1, units)
    x = layers.MaxPooling2D((1, letters.shape[-1]), name="strongest_patterns")(x)
    return layers.Reshape((-1, units), name="spelling")(x)
