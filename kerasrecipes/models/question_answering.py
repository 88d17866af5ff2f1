"""Reader of a text for a question: where in the text the answer begins and ends."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from kerasrecipes.layers.reading import BidirectionalAttention, SpanProbabilities
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.word_embeddings import ConcatFeatures, Embedding
from kerasrecipes.models.tagger import character_convolution
from kerasrecipes.ranges import Count, Share


def span_finder(
    vocabulary_size: int,
    num_matches: int,
    *,
    alphabet_size: int,
    letters: int,
    cell: Cell = "lstm",
    units: Count = 96,
    embedding_dimension: Count = 100,
    character_units: Count = 48,
    dropout_rate: Share = 0.3,
    vectors: np.ndarray | None = None,
) -> keras.Model:
    """Recurrent layers over text and question, attention between them, and a softmax over words.

    Args:
        vocabulary_size: number of words, padding and unknown included.
        num_matches: number of features that say how the question has a word of the text.
        alphabet_size: number of characters, padding and unknown included.
        letters: number of characters of each word that the model reads.
        cell: type of the recurrent layers: simple_rnn, lstm or gru.
        units: size of the recurrent state, for each direction.
        embedding_dimension: size of the word embeddings.
        character_units: size of the vector of a word's characters.
        dropout_rate: fraction of the features to drop during training, before each layer.
        vectors: initial word embeddings, `(vocabulary_size, dimension)`; their size then replaces
            `embedding_dimension`.

    Returns:
        An uncompiled `keras.Model` of the inputs `context` and `question`, word ids, their
        `_letters`, character ids, and `matches`, to the probability of each word of the text to be
        the answer's first and its last, `(batch, time, 2)`. The first place stands for no answer.

    Reference:
        [Bidirectional Attention Flow for Machine Comprehension](https://arxiv.org/abs/1611.01603)
        (Seo et al., 2017); [Reading Wikipedia to Answer Open-Domain
        Questions](https://arxiv.org/abs/1704.00051) (Chen et al., 2017), for `matches`
    """
    inputs: dict[str, Any] = {}
    for name in ("context", "question"):
        inputs[name] = keras.Input((None,), dtype="int32", name=name)
        spelled = f"{name}_letters"
        inputs[spelled] = keras.Input((None, letters), dtype="int32", name=spelled)
    inputs["matches"] = keras.Input((None, num_matches), name="matches")
    dimension = embedding_dimension if vectors is None else vectors.shape[1]
    embedding = Embedding(vocabulary_size, dimension, mask_zero=True, name="word_vectors")
    spelling = character_convolution(alphabet_size, letters, character_units)
    # One reading for both, in which a word of the question is the same as in the text.
    read = recurrent(cell, units, return_sequences=True, bidirectional=True, name="read")
    both = []
    for name in ("context", "question"):
        x = ConcatFeatures(name=f"{name}_words")(
            [embedding(inputs[name]), spelling(inputs[f"{name}_letters"])]
        )
        x = layers.Dropout(dropout_rate, name=f"{name}_dropout")(x)
        both.append(read(x))
    context, question = both
    x = BidirectionalAttention(name="attention")(context, question)
    x = ConcatFeatures(name="with_matches")([x, inputs["matches"]])
    x = layers.Dropout(dropout_rate, name="attended_dropout")(x)
    x = recurrent(cell, units, return_sequences=True, bidirectional=True, name="model")(x)
    x = layers.Dropout(dropout_rate, name="modelled_dropout")(x)
    if vectors is not None:
        embedding.embeddings.assign(vectors)
    return keras.Model(inputs, SpanProbabilities(name="answer")(x), name="span_finder")
