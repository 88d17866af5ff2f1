"""Encoder and decoder: a sequence of tokens to another."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.recurrent import recurrent
from kerasrecipes.layers.recurrent.attention_rnn import Cell
from kerasrecipes.layers.sequence_decoder import SequenceDecoder
from kerasrecipes.layers.word_embeddings import Embedding

Score = Literal["additive", "dot", "general"]


def seq2seq(
    source_vocabulary_size: int,
    vocabulary_size: int,
    *,
    cell: Cell = "lstm",
    units: int = 256,
    num_layers: int = 1,
    embedding_dimension: int = 128,
    bidirectional: bool = False,
    score: Score | None = None,
    attention_units: int | None = None,
    dropout_rate: float = 0.0,
    tied_embeddings: bool = False,
    teacher_forcing_rate: float = 1.0,
) -> keras.Model:
    """Build an encoder–decoder, with attention over every state of the encoder, or with one summary
    vector.

    Args:
        source_vocabulary_size: tokens of the source's vocabulary, padding (0) included.
        vocabulary_size: tokens of the target's vocabulary.
        cell: `"lstm"` or `"gru"`.
        units: size of the decoder's states, and of the encoder's; of a bidirectional encoder half
            for each direction.
        num_layers: recurrent layers in encoder and decoder each.
        embedding_dimension: size of a token's vector.
        bidirectional: whether the encoder reads from both ends.
        score: of the attention, `"additive"`, `"dot"` or `"general"`; `None` for one summary
            vector.
        attention_units: size of the space in which additive scores compare; by default `units`.
        dropout_rate: share of embeddings and of layers' outputs that is silenced at random in
            training.
        tied_embeddings: whether the decoder's last product takes its embeddings as kernel.
        teacher_forcing_rate: share of the decoder's inputs that are right in training; the others
            are its own words.

    Returns:
        An uncompiled `keras.Model` from
        `{"source": (batch, source time), "target": (batch, target time)}`, integer ids of which the
        target begins with the start token, to logits `(batch, target time, vocabulary_size)`.

    Raises:
        UserError: if a bidirectional encoder cannot halve the units.

    Reference:
        [Sequence to Sequence Learning with Neural Networks](https://arxiv.org/abs/1409.3215)
        (Sutskever et al., 2014); [Neural Machine Translation by Jointly Learning to Align and
        Translate](https://arxiv.org/abs/1409.0473) (Bahdanau et al., 2015)
    """
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    encoder = {
        "cell": cell,
        "units": units,
        "num_layers": num_layers,
        "bidirectional": bidirectional,
    }
    memory, summary = _encoded(
        source, source_vocabulary_size, embedding_dimension, dropout_rate, **encoder
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
    source: Any,
    size: int,
    dimension: int,
    dropout_rate: float,
    *,
    cell: Cell,
    units: int,
    num_layers: int,
    bidirectional: bool,
) -> tuple[Any, Any]:
    """Give the encoder's states at every token, `(batch, time, units)`, and its last ones,
    joined.
    """
    if bidirectional and units % 2:
        raise UserError(
            f"units={units}: a bidirectional encoder takes an even number, half for each direction"
        )
    x = Embedding(size, dimension, mask_zero=True, name="source_embedding")(source)
    x = layers.Dropout(dropout_rate, name="source_dropout")(x)  # (batch, time, dimension)
    options = {"return_sequences": True, "return_state": True, "bidirectional": bidirectional}
    for number in range(1, num_layers + 1):
        layer = recurrent(
            cell, units // 2 if bidirectional else units, **options, name=f"encoder_{number}"
        )
        x, *states = layer(x)
        x = layers.Dropout(dropout_rate, name=f"encoder_dropout_{number}")(
            x
        )  # (batch, time, units)
    summary = layers.Concatenate(name="summary")(states) if len(states) > 1 else states[0]
    return x, layers.Dropout(dropout_rate, name="summary_dropout")(summary)
