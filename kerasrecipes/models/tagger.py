"""A tag for every word, from the word, its letters and its neighbours on both sides."""

from __future__ import annotations

from typing import Literal

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

Characters = Literal["convolution", "recurrent", "none"]

_LETTER_DIMENSION = 32


def tagger(
    vocabulary_size: int,
    num_classes: int,
    *,
    alphabet_size: int = 0,
    letters: int = 0,
    cell: Cell = "lstm",
    bidirectional: bool = True,
    num_layers: int = 1,
    units: int = 128,
    embedding_dimension: int = 100,
    characters: Characters = "convolution",
    character_units: int = 64,
    dropout_rate: float = 0.3,
    recurrent_dropout_rate: float = 0.0,
    word_dropout_rate: float = 0.1,
    vectors: np.ndarray | None = None,
) -> keras.Model:
    """Vectors of words and of their letters, recurrent layers over the sentence, and a softmax for
    each word.

    Args:
        vocabulary_size: number of words, padding and unknown among them.
        num_classes: number of tags.
        alphabet_size: number of letters, padding and unknown among them.
        letters: of each word that the model sees.
        cell: `"simple_rnn"`, `"lstm"` or `"gru"`.
        bidirectional: whether the sentence is read from both ends.
        num_layers: recurrent layers over the sentence.
        units: of each, in each direction.
        embedding_dimension: size of a word's vector.
        characters: how letters become a vector: by a convolution and its strongest answers, by a
            recurrent layer from both ends, or not at all.
        character_units: size of that vector.
        dropout_rate: share of the features that is silenced before and after each recurrent layer,
            in training.
        recurrent_dropout_rate: share of the state that is silenced, in training.
        word_dropout_rate: share of words that are taken for unknown, in training.
        vectors: `(vocabulary_size, dimension)`, where words' vectors begin; their size then goes
            before `embedding_dimension`.

    Returns:
        An uncompiled `keras.Model` of the inputs `words` `(batch, time)` and `letters`
        `(batch, time, letters)` to `(batch, time, num_classes)`.

    Reference:
        [End-to-end Sequence Labeling via Bi-directional
        LSTM-CNNs-CRF](https://arxiv.org/abs/1603.01354) (Ma and Hovy, 2016)
    """
    words = keras.Input((None,), dtype="int32", name="words")
    inputs = {"words": words}
    x = WordDropout(word_dropout_rate, name="word_dropout")(words)
    dimension = embedding_dimension if vectors is None else vectors.shape[1]
    embedding = Embedding(vocabulary_size, dimension, mask_zero=True, name="word_vectors")
    x = embedding(x)
    if vectors is not None:
        embedding.embeddings.assign(vectors)
    if characters != "none":
        inputs["letters"] = keras.Input((None, letters), dtype="int32", name="letters")
        spelled = _spelled(inputs["letters"], alphabet_size, characters, cell, character_units)
        x = ConcatFeatures(name="words_and_letters")([x, spelled])  # (batch, time, features)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    for number in range(1, num_layers + 1):
        x = recurrent(
            cell,
            units,
            return_sequences=True,
            bidirectional=bidirectional,
            recurrent_dropout_rate=recurrent_dropout_rate,
            name=f"sentence_{number}",
        )(x)  # (batch, time, units), or twice as many
        x = layers.Dropout(dropout_rate, name=f"dropout_{number}")(x)
    outputs = heads.output_layer("multiclass", num_classes, layer_name="tag")(x)
    return keras.Model(inputs, outputs, name="tagger")


def _spelled(
    letters: keras.KerasTensor, alphabet_size: int, characters: Characters, cell: Cell, units: int
) -> keras.KerasTensor:
    """Give a vector for each word's letters, `(batch, time, units)`."""
    recurrently = characters == "recurrent"
    x = Embedding(alphabet_size, _LETTER_DIMENSION, mask_zero=recurrently, name="letter_vectors")(
        letters
    )
    if recurrently:
        return TimeDistributedRNN(recurrent(cell, units // 2, bidirectional=True), name="spelling")(
            x
        )
    # A kernel of one word and three letters. Padding stays: next to it, a pattern is an ending.
    convolution = layers.Conv2D(
        units, (1, 3), padding="same", activation="relu", name="letter_patterns"
    )
    x = convolution(x)  # (batch, time, letters, units)
    x = layers.MaxPooling2D((1, letters.shape[-1]), name="strongest_patterns")(
        x
    )  # (batch, time, 1, units)
    return layers.Reshape((-1, units), name="spelling")(x)
