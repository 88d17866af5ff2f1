"""Sequence tagger: a tag for every word, from the word, its characters and its neighbours."""

from __future__ import annotations

from collections.abc import Callable
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
    inputs, x = read_sentences(
        vocabulary_size,
        alphabet_size=alphabet_size,
        letters=letters,
        cell=cell,
        bidirectional=bidirectional,
        num_layers=num_layers,
        units=units,
        embedding_dimension=embedding_dimension,
        characters=characters,
        character_units=character_units,
        dropout_rate=dropout_rate,
        recurrent_dropout_rate=recurrent_dropout_rate,
        word_dropout_rate=word_dropout_rate,
        vectors=vectors,
    )
    x = layers.Dropout(dropout_rate, name=f"dropout_{num_layers}")(x)
    outputs = heads.output_layer("multiclass", num_classes, layer_name="tag")(x)
    return keras.Model(inputs, outputs, name="tagger")


def read_sentences(
    vocabulary_size: int,
    *,
    alphabet_size: int,
    letters: int,
    cell: Cell,
    num_layers: int,
    units: int,
    embedding_dimension: int,
    characters: Characters,
    character_units: int,
    dropout_rate: float,
    word_dropout_rate: float,
    bidirectional: bool = True,
    recurrent_dropout_rate: float = 0.0,
    vectors: np.ndarray | None = None,
) -> tuple[dict[str, keras.KerasTensor], keras.KerasTensor]:
    """Word and character vectors, and recurrent layers over them.

    Args:
        vocabulary_size: number of words, padding and unknown included.
        alphabet_size: number of characters, padding and unknown included.
        letters: number of characters of each word.
        cell: type of the recurrent layers.
        num_layers: number of recurrent layers over the sentence.
        units: size of the recurrent state, for each direction.
        embedding_dimension: size of the word embeddings.
        characters: how the vector of a word's characters is computed.
        character_units: size of that vector.
        dropout_rate: fraction of the features to drop, before each recurrent layer.
        word_dropout_rate: fraction of words to replace by the unknown word.
        bidirectional: whether sentences are read in both directions.
        recurrent_dropout_rate: fraction of the recurrent state to drop.
        vectors: initial word embeddings, `(vocabulary_size, dimension)`.

    Returns:
        The inputs by name, and the features of each word, `(batch, time, units)`, or of
        `2 * units` in both directions; the mask is that of the words.
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
        )(x)
        if number < num_layers:
            x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
    return inputs, x


def _character_features(
    letters: Any, alphabet_size: int, characters: Characters, cell: Cell, units: int
) -> keras.KerasTensor:
    """Vector of each word's characters, `(batch, time, letters)` to `(batch, time, units)`."""
    if characters == "recurrent":
        x = _letter_vectors(alphabet_size, mask_zero=True)(letters)  # (batch, time, letters, …)
        layer = recurrent(cell, units // 2, bidirectional=True)
        return TimeDistributedRNN(layer, name="spelling")(x)
    return character_convolution(alphabet_size, letters.shape[-1], units)(letters)


def character_convolution(
    alphabet_size: int, letters: int, units: int, dimension: int = _CHARACTER_DIMENSION
) -> Callable[[Any], keras.KerasTensor]:
    """Convolution over the characters of each word, and its maximum over the word.

    Args:
        alphabet_size: number of characters, padding and unknown included.
        letters: number of characters of each word.
        units: size of the vector of a word.
        dimension: size of the vector of a character.

    Returns:
        A function from character ids, `(batch, time, letters)`, to `(batch, time, units)`, which
        shares its layers among all that it is applied to.
    """
    parts = [
        # (batch, time, letters, dimension)
        _letter_vectors(alphabet_size, mask_zero=False, dimension=dimension),
        # A kernel of one word and three characters. Padding is not masked: beside it, a pattern is
        # that of the word's end.
        layers.Conv2D(units, (1, 3), padding="same", activation="relu", name="letter_patterns"),
        layers.MaxPooling2D((1, letters), name="strongest_patterns"),  # (batch, time, 1, units)
        layers.Reshape((-1, units), name="spelling"),
    ]

    def read(x: Any) -> keras.KerasTensor:
        for part in parts:
            x = part(x)
        return x

    return read


def _letter_vectors(
    alphabet_size: int, mask_zero: bool, dimension: int = _CHARACTER_DIMENSION
) -> layers.Layer:
    return Embedding(alphabet_size, dimension, mask_zero=mask_zero, name="letter_vectors")
