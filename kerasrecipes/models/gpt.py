"""Decoder-only transformer: the probabilities of the next token at every token."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes import heads
from kerasrecipes.layers.positions import Positions, TokenEmbedding
from kerasrecipes.layers.transformer import EPSILON, Norm, TransformerBlock
from kerasrecipes.ranges import Count, Depth, Share


def gpt(
    vocabulary_size: int,
    sequence_length: int,
    *,
    units: Count = 768,
    num_layers: Depth = 12,
    num_heads: Count = 12,
    hidden_units: Count | None = None,
    positions: Positions = "learned",
    norm: Norm = "pre",
    dropout_rate: Share = 0.0,
    tied_embeddings: bool = True,
) -> keras.Model:
    """Transformer of blocks that see the tokens up to their own, and a softmax over the next.

    With the default sizes, 50,257 tokens and 1,024 positions it is GPT-2 small, of 124,439,808
    parameters.

    Args:
        vocabulary_size: number of tokens.
        sequence_length: number of tokens of a text, as far as the model looks back.
        units: size of the token embeddings and of each block's inputs and outputs.
        num_layers: number of blocks.
        num_heads: number of heads of attention in each block, a divisor of `units`.
        hidden_units: size of the hidden layer of each block; by default four times `units`.
        positions: how tokens know their place: learned embeddings, sinusoidal waves, or rotary
            heads of attention.
        norm: whether the inputs of each part are normalized (pre) or its sums (post).
        dropout_rate: fraction of embeddings and of each part's outputs to drop during training.
        tied_embeddings: whether the output layer uses the token embeddings as its kernel.

    Returns:
        An uncompiled `keras.Model`, `(batch, time)` to `(batch, time, vocabulary_size)`.

    Raises:
        UserError: if the heads do not divide the units, or rotary heads have an odd size.

    Reference:
        [Language Models are Unsupervised Multitask
        Learners](https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf)
        (Radford et al., 2019)
    """
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    embedding = TokenEmbedding(
        vocabulary_size, units, sequence_length, positions=positions, name="embedding"
    )
    x = embedding(inputs)  # (batch, time, units)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    for number in range(1, num_layers + 1):
        x = TransformerBlock(
            units,
            num_heads,
            hidden_units or 4 * units,
            norm=norm,
            causal=True,
            rotary=positions == "rotary",
            activation="gelu",
            dropout_rate=dropout_rate,
            output_scale=(2 * num_layers) ** -0.5,
            name=f"block_{number}",
        )(x)
    if norm == "pre":
        x = layers.LayerNormalization(epsilon=EPSILON, name="norm")(x)
    if tied_embeddings:
        logits = embedding(x, reverse=True)  # (batch, time, vocabulary_size)
        outputs = layers.Activation("softmax", dtype="float32", name="answer")(logits)
    else:
        outputs = heads.output_layer("next_token", vocabulary_size)(x)
    return keras.Model(inputs, outputs, name="gpt")
