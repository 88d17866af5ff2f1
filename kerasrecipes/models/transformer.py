"""Transformer: encoder and decoder of attention alone, from one sequence of tokens to another."""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers, ops

from kerasrecipes.layers.positions import TokenEmbedding
from kerasrecipes.layers.transformer import EPSILON, Norm, TransformerBlock
from kerasrecipes.layers.transformer_decoder import TransformerDecoder
from kerasrecipes.ranges import Count, Depth, Share


def transformer(
    source_vocabulary_size: int,
    vocabulary_size: int,
    *,
    units: Count = 512,
    num_layers: Depth = 6,
    num_heads: Count = 8,
    hidden_units: Count | None = None,
    positions: Literal["sinusoidal", "rotary"] = "sinusoidal",
    norm: Norm = "post",
    dropout_rate: Share = 0.1,
    tied_embeddings: bool = True,
) -> keras.Model:
    """Encoder and decoder without recurrence: attention to each other, and to the source.

    With the default sizes it is the paper's base model, but that each language has token embeddings
    of its own: 44,138,496 parameters beside the embeddings.

    Args:
        source_vocabulary_size: number of tokens of the source, padding (0) included.
        vocabulary_size: number of tokens of the target, padding (0) included.
        units: size of the token embeddings and of each block's inputs and outputs.
        num_layers: number of blocks of encoder and decoder each.
        num_heads: number of heads of attention in each block, a divisor of `units`.
        hidden_units: size of the hidden layer of each block; by default four times `units`.
        positions: how tokens know their place: sinusoidal waves, or rotary heads of attention.
        norm: whether the inputs of each part are normalized (pre) or its sums (post), as in the
            paper.
        dropout_rate: fraction of embeddings and of each part's outputs to drop during training.
        tied_embeddings: whether the output layer uses the target's token embeddings as its kernel.

    Returns:
        An uncompiled `keras.Model` from
        `{"source": (batch, source_time), "target": (batch, target_time)}`, token ids of which the
        target begins with the start token, to logits `(batch, target_time, vocabulary_size)`.

    Raises:
        UserError: if the heads do not divide the units, or rotary heads have an odd size.

    Reference:
        [Attention Is All You Need](https://arxiv.org/abs/1706.03762) (Vaswani et al., 2017)
    """
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    hidden = hidden_units or 4 * units
    mask = ops.not_equal(source, 0)  # (batch, source_time)
    x = TokenEmbedding(
        source_vocabulary_size,
        units,
        None,
        positions=positions,
        scaled=True,
        name="source_embedding",
    )(source)  # (batch, source_time, units)
    x = layers.Dropout(dropout_rate, name="source_dropout")(x)
    for number in range(1, num_layers + 1):
        x = TransformerBlock(
            units,
            num_heads,
            hidden,
            norm=norm,
            rotary=positions == "rotary",
            dropout_rate=dropout_rate,
            name=f"encoder_{number}",
        )(x, token_mask=mask)
    if norm == "pre":
        x = layers.LayerNormalization(epsilon=EPSILON, name="encoder_norm")(x)
    decoder = TransformerDecoder(
        vocabulary_size,
        units,
        num_layers,
        num_heads,
        hidden,
        positions=positions,
        norm=norm,
        dropout_rate=dropout_rate,
        tied_embeddings=tied_embeddings,
        name="decoder",
    )
    logits = decoder(target, x, memory_mask=mask)
    return keras.Model({"source": source, "target": target}, logits, name="transformer")
