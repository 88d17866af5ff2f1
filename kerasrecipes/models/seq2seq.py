"""Recurrent encoder–decoder, with or without attention: from one sequence of tokens to another."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.attention import Score
from kerasrecipes.layers.recurrent import recurrent
from kerasrecipes.layers.recurrent.attention_rnn import Cell
from kerasrecipes.layers.sequence_decoder import SequenceDecoder
from kerasrecipes.layers.word_embeddings import Embedding
from kerasrecipes.ranges import Count, Depth, Probability, Share


def seq2seq(
    source_vocabulary_size: int,
    vocabulary_size: int,
    *,
    cell: Cell = "lstm",
    units: Count = 256,
    num_layers: Depth = 1,
    embedding_dimension: Count = 128,
    bidirectional: bool = False,
    score: Score | None = None,
    attention_units: Count | None = None,
    dropout_rate: Share = 0.0,
    tied_embeddings: bool = False,
    teacher_forcing_rate: Probability = 1.0,
) -> keras.Model:
    """Encoder–decoder with attention over all states of the encoder, or with one summary vector.

    Args:
        source_vocabulary_size: number of tokens of the source, padding (0) included.
        vocabulary_size: number of tokens of the target, padding (0) included.
        cell: type of the recurrent layers: lstm or gru.
        units: size of the recurrent states of encoder and decoder; a bidirectional encoder has half
            of it for each direction.
        num_layers: number of recurrent layers of encoder and decoder each; the decoder's first one
            attends.
        embedding_dimension: size of the token embeddings.
        bidirectional: whether the encoder reads the source in both directions.
        score: score function of the attention: additive (Bahdanau), dot or general (Luong); `None`
            for one summary vector without attention.
        attention_units: size of the space in which additive scores compare; by default `units`.
        dropout_rate: fraction of embeddings and of layers' outputs to drop during training.
        tied_embeddings: whether the output layer uses the decoder's token embeddings as its kernel.
        teacher_forcing_rate: probability of teacher forcing, that is of a correct token as input
            during training; otherwise the input is the model's own prediction (scheduled sampling).

    Returns:
        An uncompiled `keras.Model` from
        `{"source": (batch, source_time), "target": (batch, target_time)}`, token ids of which the
        target begins with the start token, to logits `(batch, target_time, vocabulary_size)`.

    Raises:
        UserError: if a bidirectional encoder cannot halve the units.

    Reference:
        [Sequence to Sequence Learning with Neural Networks](https://arxiv.org/abs/1409.3215)
        (Sutskever et al., 2014); [Neural Machine Translation by Jointly Learning to Align and
        Translate](https://arxiv.org/abs/1409.0473) (Bahdanau et al., 2015)
    """
    if bidirectional and units % 2:
        raise UserError(
            f"units={units}: a bidirectional encoder takes an even number, half for each direction"
        )
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")

    embed = Embedding(
        source_vocabulary_size, embedding_dimension, mask_zero=True, name="source_embedding"
    )
    memory, summary = _encoded(
        layers.Dropout(dropout_rate, name="source_dropout")(embed(source)),
        cell,
        units,
        num_layers,
        bidirectional,
        dropout_rate,
    )
    decoder = SequenceDecoder(
        vocabulary_size,
        embedding_dimension,
        units,
        cell=cell,
        num_layers=num_layers,
        score=score or "none",
        attention_units=attention_units,
        dropout_rate=dropout_rate,
        tied_embeddings=tied_embeddings,
        teacher_forcing_rate=teacher_forcing_rate,
        name="decoder",
    )
    if score is None:
        logits = decoder(target, summary)
    else:
        logits = decoder(target, summary, memory, memory_mask=ops.not_equal(source, 0))
    name = "encoder_decoder" if score is None else "attention"
    return keras.Model({"source": source, "target": target}, logits, name=name)


def _encoded(
    x: Any, cell: Cell, units: int, num_layers: int, bidirectional: bool, dropout_rate: float
) -> tuple[Any, Any]:
    """Encode embedded tokens: the states at every token are the memory, the last ones the summary.

    Returns:
        `(batch, source_time, units)`, and `(batch, features)`.
    """
    states: list[Any] = []
    for number in range(1, num_layers + 1):
        layer = recurrent(
            cell,
            units // 2 if bidirectional else units,
            return_sequences=True,
            return_state=True,
            bidirectional=bidirectional,
            name=f"encoder_{number}",
        )
        x, *states = layer(x)  # (batch, source_time, units), states (batch, units) each
        x = layers.Dropout(dropout_rate, name=f"encoder_dropout_{number}")(x)
    summary = layers.Concatenate(name="summary")(states) if len(states) > 1 else states[0]
    return x, layers.Dropout(dropout_rate, name="summary_dropout")(summary)
