"""Text classifiers: a recurrent network over tokens, and a bag of words as its baseline."""

from __future__ import annotations

import typing
from collections.abc import Sequence
from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes import heads
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.layers.ordinal import OrdinalProbabilities
from kerasrecipes.layers.recurrent import Cell, recurrent
from kerasrecipes.layers.text_encodings import (
    BagOfWords,
    IntegerEncoding,
    OneHot,
    Pooling,
    PoolOverTime,
)
from kerasrecipes.layers.transformer import EPSILON, TransformerBlock
from kerasrecipes.layers.word_embeddings import Embedding, WordDropout
from kerasrecipes.models import bert
from kerasrecipes.ranges import Count, Depth, Share

Encoding = Literal["embedding", "one_hot", "integer", "bag_of_words"]
TextEncoder = Literal["recurrent", "cnn", "transformer", "bert"]
TextHead = Literal["softmax", "ordinal", "number"]
_ENCODER_DROPOUT = 0.1  # within a pretrained encoder, as in its paper
LARGEST_ONE_HOT = 5000  # tokens; a batch of 64 texts of 500 tokens is then 640 MB of float32
WORDS = "words"  # name of the layer that turns token ids into vectors
POOL = "pool"  # name of the layer behind which a pretrained encoder ends


def text_classifier(
    vocabulary_size: int,
    num_classes: int,
    *,
    encoding: Encoding = "embedding",
    embedding_dimension: Count = 64,
    encoder: TextEncoder = "recurrent",
    cell: Cell = "lstm",
    bidirectional: bool = True,
    num_layers: Depth = 1,
    units: Count = 64,
    kernel_sizes: tuple[Count, ...] = (3, 4, 5),
    num_heads: Count = 4,
    pooling: Pooling = "last",
    dropout_rate: Share = 0.0,
    recurrent_dropout_rate: Share = 0.0,
    word_dropout_rate: Share = 0.0,
    masked: bool = True,
    head: TextHead = "softmax",
    vectors: np.ndarray | None = None,
    pretrained: bert.Encoder | None = None,
) -> keras.Model:
    """Text classifier: token vectors, layers that read them, and one output for the whole text.

    Args:
        vocabulary_size: number of tokens, of which 0 is padding and 1 the unknown token.
        num_classes: number of classes; for two the head is one sigmoid unit, the probability of the
            second, for more a softmax.
        encoding: how tokens become vectors: embedding (learned), one_hot, or integer (the token id
            as a value); with bag_of_words a dense layer takes the place of the recurrent ones.
        embedding_dimension: size of the token embeddings.
        encoder: what reads the vectors: recurrent layers; a cnn, convolutions of several widths
            side by side; the blocks of a transformer, whose heads turn with the position; or bert,
            a pretrained encoder, which has its own tokens, vectors and sizes.
        cell: type of the recurrent layers: simple_rnn, lstm or gru.
        bidirectional: whether each recurrent layer reads the text in both directions.
        num_layers: number of recurrent layers, or of blocks.
        units: size of the recurrent state, for each direction; number of filters of each width; or
            size of the blocks.
        kernel_sizes: widths of a cnn's convolutions, in tokens.
        num_heads: number of heads of a transformer's blocks, a divisor of `units`.
        pooling: what the class is predicted from: the last state, or the maximum or mean of all
            states over time, or both. Where there is no state, last is the maximum of a cnn and the
            mean of a transformer or of bert.
        dropout_rate: fraction of the features to drop during training, of the token vectors and
            before the output layer.
        recurrent_dropout_rate: fraction of the recurrent state to drop during training, the same
            units at each step.
        word_dropout_rate: fraction of tokens to replace by the unknown token during training.
        masked: whether padding is masked; otherwise it is read like a token.
        head: what the output is: softmax gives each class a probability; so does ordinal, for
            grades in an order, by thresholds on one score; number gives a number.
        vectors: initial embeddings, `(vocabulary_size, dimension)`; their size then replaces
            `embedding_dimension`.
        pretrained: the encoder of `encoder="bert"`.

    Returns:
        An uncompiled `keras.Model`, `(batch, time)` to `(batch, 1)`, or to `(batch, num_classes)`
        for more than two classes that are no number.

    Raises:
        UserError: if a setting does not exist or does not fit.

    Reference:
        [Supervised Sequence Labelling with Recurrent Neural
        Networks](https://doi.org/10.1007/978-3-642-24797-2) (Graves, 2012); [Convolutional Neural
        Networks for Sentence Classification](https://arxiv.org/abs/1408.5882) (Kim, 2014);
        [Attention Is All You Need](https://arxiv.org/abs/1706.03762) (Vaswani et al., 2017)
    """
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    if encoder == "bert":
        return _on_pretrained(inputs, pretrained, pooling, dropout_rate, head, num_classes)
    x = WordDropout(word_dropout_rate, name="word_dropout")(inputs) if word_dropout_rate else inputs
    if vectors is not None:
        embedding_dimension = vectors.shape[1]
    # Recurrent layers take the mask from the vectors; others are given it.
    carried = masked and (encoder == "recurrent" or encoding == "bag_of_words")
    encode = _encoder(encoding, vocabulary_size, embedding_dimension, carried)
    x = encode(x)  # (batch, time, features), or a bag (batch, vocabulary_size)
    if encoding == "bag_of_words":
        x = layers.Dense(units, activation="relu", name="hidden")(x)
    else:
        x = layers.SpatialDropout1D(dropout_rate, name="features_dropout")(x) if dropout_rate else x
        mask = ops.not_equal(inputs, 0) if masked else None
        if encoder == "cnn":
            x = _convolutions(x, mask, units, kernel_sizes, pooling)
        elif encoder == "transformer":
            x = _blocks(x, mask, units, num_heads, num_layers, pooling, dropout_rate)
        elif encoder == "recurrent":
            x = _recurrent_layers(
                x, cell, units, num_layers, bidirectional, recurrent_dropout_rate, pooling
            )
        else:
            raise unknown("encoder", encoder, typing.get_args(TextEncoder))
    if dropout_rate:
        x = layers.Dropout(dropout_rate, name="dropout")(x)
    model = keras.Model(inputs, _output_layer(head, num_classes)(x), name="text_classifier")
    if vectors is not None:
        _set_vectors(encode, vectors)
    return model


def _recurrent_layers(
    x: Any,
    cell: Cell,
    units: int,
    num_layers: int,
    bidirectional: bool,
    recurrent_dropout_rate: float,
    pooling: Pooling,
) -> Any:
    """Return the last state, or what is pooled of the states of all steps, `(batch, features)`."""
    for number in range(1, num_layers + 1):
        x = recurrent(
            cell,
            units,
            return_sequences=number < num_layers or pooling != "last",
            bidirectional=bidirectional,
            recurrent_dropout_rate=recurrent_dropout_rate,
            name=f"{cell}_{number}",
        )(x)
    return x if pooling == "last" else PoolOverTime(pooling, name="pool")(x)


def _on_pretrained(
    inputs: Any,
    pretrained: bert.Encoder | None,
    pooling: Pooling,
    dropout_rate: float,
    head: TextHead,
    num_classes: int,
) -> keras.Model:
    """Output layer on a pretrained encoder, pooled over time."""
    if pretrained is None:
        raise UserError("encoder=bert needs trained weights: give weights=FOLDER")
    mask = ops.not_equal(inputs, 0)
    x, _ = bert.encode(inputs, mask, dropout_rate=_ENCODER_DROPOUT, **pretrained.sizes)
    how = "mean" if pooling == "last" else pooling
    x = PoolOverTime(how, name=POOL)(x, mask=mask)
    # Normalized, one learning rate of the head suits all encoders.
    x = layers.BatchNormalization(momentum=0.9, center=False, scale=False, name="scaling")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x) if dropout_rate else x
    model = keras.Model(inputs, _output_layer(head, num_classes)(x), name="text_classifier")
    bert.set_weights(model, pretrained)
    return model


def _convolutions(
    x: Any, mask: Any, units: int, kernel_sizes: Sequence[int], pooling: Pooling
) -> Any:
    """Convolutions of several widths, each pooled over time, to `(batch, features)`."""
    if mask is not None:
        # A padded token's vector is not zero, and is beside the last ones of the text.
        x = x * ops.cast(ops.expand_dims(mask, -1), x.dtype)
    found = []
    for size in kernel_sizes:
        patterns = layers.Conv1D(
            units, size, padding="same", activation="relu", name=f"patterns_of_{size}"
        )(x)
        how = "max" if pooling == "last" else pooling
        found.append(PoolOverTime(how, name=f"pool_of_{size}")(patterns, mask=mask))
    return layers.Concatenate(name="patterns")(found) if len(found) > 1 else found[0]


def _blocks(
    x: Any, mask: Any, units: int, num_heads: int, num_layers: int, pooling: Pooling, rate: float
) -> Any:
    """Blocks of a transformer, pooled over time, to `(batch, features)`."""
    x = layers.Dense(units, name="projection")(x)
    for number in range(1, num_layers + 1):
        x = TransformerBlock(
            units, num_heads, 4 * units, rotary=True, dropout_rate=rate, name=f"block_{number}"
        )(x, token_mask=mask)
    x = layers.LayerNormalization(epsilon=EPSILON, name="norm")(x)
    how = "mean" if pooling == "last" else pooling
    return PoolOverTime(how, name="pool")(x, mask=mask)


def _output_layer(head: TextHead, num_classes: int) -> layers.Layer:
    if head == "ordinal":
        return OrdinalProbabilities(num_classes, name="answer")
    if head == "number":
        return heads.output_layer("regression", 1)
    if head != "softmax":
        raise unknown("head", head, typing.get_args(TextHead))
    task, size = ("binary", 1) if num_classes == 2 else ("multiclass", num_classes)
    return heads.output_layer(task, size)


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
        raise UserError("vectors are initial embeddings: they need encoding=embedding")
    if vectors.shape != tuple(layer.embeddings.shape):
        raise UserError(
            f"vectors must be of {layer.embeddings.shape[0]} tokens, received {len(vectors)}"
        )
    layer.embeddings.assign(vectors)
