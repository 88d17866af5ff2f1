"""Intent and slots of a command, from one reading of its words."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from kerasrecipes import heads
from kerasrecipes.data.text.assistant import INTENT, SLOTS
from kerasrecipes.layers.recurrent import Cell
from kerasrecipes.layers.text_encodings import PoolOverTime
from kerasrecipes.layers.whole import BesideWhole
from kerasrecipes.models.tagger import Characters, read_sentences
from kerasrecipes.ranges import Count, Depth, Share


def assistant(
    vocabulary_size: int,
    num_intents: int,
    num_tags: int,
    *,
    alphabet_size: int = 0,
    letters: int = 0,
    cell: Cell = "lstm",
    num_layers: Depth = 1,
    units: Count = 128,
    intent_units: Count = 64,
    embedding_dimension: Count = 100,
    characters: Characters = "convolution",
    character_units: Count = 64,
    dropout_rate: Share = 0.5,
    word_dropout_rate: Share = 0.1,
    vectors: np.ndarray | None = None,
) -> keras.Model:
    """Recurrent layers over words in both directions, a softmax for the command and for each word.

    A word's tag is predicted from its own features and from the command's: in "from Rome" and
    "weather in Rome" a city is another slot.

    Args:
        vocabulary_size: number of words, padding and unknown included.
        num_intents: number of intents.
        num_tags: number of tags that words can have.
        alphabet_size: number of characters, padding and unknown included.
        letters: number of characters of each word that the model reads.
        cell: type of the recurrent layers: simple_rnn, lstm or gru.
        num_layers: number of recurrent layers over the command.
        units: size of the recurrent state, for each direction.
        intent_units: size of the summary of a command by which its words are told what it is about.
        embedding_dimension: size of the word embeddings.
        characters: how the vector of a word's characters is computed: by a convolution and its
            maximum over the word, by a bidirectional recurrent layer, or not at all.
        character_units: size of the vector of a word's characters.
        dropout_rate: fraction of the features to drop during training.
        word_dropout_rate: fraction of words to replace by the unknown word during training.
        vectors: initial word embeddings, `(vocabulary_size, dimension)`; their size then replaces
            `embedding_dimension`.

    Returns:
        An uncompiled `keras.Model` of the inputs `words` `(batch, time)` and `letters`
        `(batch, time, letters)`, word and character ids, to `intent` `(batch, num_intents)` and
        `slots` `(batch, time, num_tags)`.

    Reference:
        [Attention-Based Recurrent Neural Network Models for Joint Intent Detection and Slot
        Filling](https://arxiv.org/abs/1609.01454) (Liu and Lane, 2016)
    """
    inputs, x = read_sentences(
        vocabulary_size,
        alphabet_size=alphabet_size,
        letters=letters,
        cell=cell,
        num_layers=num_layers,
        units=units,
        embedding_dimension=embedding_dimension,
        characters=characters,
        character_units=character_units,
        dropout_rate=dropout_rate,
        word_dropout_rate=word_dropout_rate,
        vectors=vectors,
    )  # (batch, time, 2 * units)
    # Pooled before the dropout, which enlarges what it keeps, and so the maximum.
    summary = PoolOverTime("max_mean", name="pool")(x)
    summary = layers.Dropout(dropout_rate, name="pool_dropout")(summary)
    intent = heads.output_layer("multiclass", num_intents, INTENT)(summary)
    told = layers.Dense(intent_units, activation="relu", name="summary")(summary)
    words = BesideWhole(name="words_in_command")(
        layers.Dropout(dropout_rate, name="dropout_last")(x), told
    )
    slots = heads.output_layer("multiclass", num_tags, SLOTS)(words)
    return keras.Model(inputs, {INTENT: intent, SLOTS: slots}, name="assistant")
