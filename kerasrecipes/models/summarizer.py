"""Scorer of sentences: which of an article's sentences a summary is made of."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes import heads
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.text_encodings import PoolOverTime
from kerasrecipes.layers.whole import BesideWhole
from kerasrecipes.layers.word_embeddings import ConcatFeatures
from kerasrecipes.models.tagger import character_convolution
from kerasrecipes.ranges import Count, Share


def sentence_scorer(
    vocabulary_size: int,
    num_features: int,
    *,
    words_per_sentence: int,
    embedding_dimension: Count = 64,
    sentence_units: Count = 96,
    cell: Cell = "lstm",
    units: Count = 64,
    dropout_rate: Share = 0.4,
) -> keras.Model:
    """Convolution over the words of each sentence, recurrent layers over sentences, a sigmoid each.

    Args:
        vocabulary_size: number of words, padding and unknown included.
        num_features: number of features of each sentence's place.
        words_per_sentence: number of words of a sentence that the model reads.
        embedding_dimension: size of the word embeddings.
        sentence_units: size of the vector of a sentence's words.
        cell: type of the recurrent layer over sentences: simple_rnn, lstm or gru.
        units: size of the recurrent state, for each direction.
        dropout_rate: fraction of the features to drop during training, before each layer.

    Returns:
        An uncompiled `keras.Model` of the inputs `words` `(batch, sentences, words)`, token ids,
        and `places` `(batch, sentences, num_features)`, of which the first is 1, to the
        probability of each sentence to be one of the summary, `(batch, sentences, 1)`.

    Reference:
        [SummaRuNNer](https://arxiv.org/abs/1611.04230) (Nallapati et al., 2017)
    """
    words = keras.Input((None, words_per_sentence), dtype="int32", name="words")
    places = keras.Input((None, num_features), name="places")
    read = character_convolution(
        vocabulary_size, words_per_sentence, sentence_units, embedding_dimension
    )
    # Of padding all features are 0, the first one too.
    there = layers.Masking(name="there")(places)
    x = layers.Dropout(dropout_rate, name="words_dropout")(read(words))
    x = ConcatFeatures(name="sentence")([there, x])  # (batch, sentences, features)
    x = recurrent(cell, units, return_sequences=True, bidirectional=True, name="article")(x)
    whole = PoolOverTime("mean", name="pool")(x)
    whole = layers.Dense(units, activation="tanh", name="whole")(whole)
    x = layers.Dropout(dropout_rate, name="article_dropout")(x)
    x = BesideWhole(name="sentence_in_article")(ConcatFeatures(name="again")([x, places]), whole)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    outputs = heads.output_layer("binary", 1, "chosen")(x)
    return keras.Model({"words": words, "places": places}, outputs, name="sentence_scorer")
