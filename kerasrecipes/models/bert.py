"""BERT: an encoder whose tokens see both sides, and the model that learns it from hidden words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.masked_language import TokenProbabilities
from kerasrecipes.layers.positions import TokenEmbedding
from kerasrecipes.layers.transformer import TransformerBlock
from kerasrecipes.ranges import Count, Depth, Share

EPSILON = 1e-12  # of layer normalization, as in the paper's own weights
SEGMENTS = 2  # of a pair of texts; a single text is all of the first
_SIZES = ("vocabulary_size", "max_length", "units", "num_layers", "num_heads", "hidden_units")


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """Sizes of a trained encoder, and its weights.

    Args:
        vocabulary_size: number of tokens.
        max_length: number of positions that it has embeddings of.
        units: size of token embeddings and blocks.
        num_layers: number of blocks.
        num_heads: number of heads of attention in each block.
        hidden_units: size of the hidden layer of each block.
        epsilon: what layer normalization adds to the variance.
        arrays: the weights by their paths, such as `block_1/hidden/kernel`.
    """

    vocabulary_size: int
    max_length: int
    units: int
    num_layers: int
    num_heads: int
    hidden_units: int
    epsilon: float = EPSILON
    arrays: Mapping[str, np.ndarray]

    @property
    def sizes(self) -> dict[str, Any]:
        """Arguments of `encode`."""
        return {name: getattr(self, name) for name in (*_SIZES, "epsilon")}


def encode(
    tokens: Any,
    mask: Any,
    *,
    vocabulary_size: int,
    max_length: int,
    units: int,
    num_layers: int,
    num_heads: int,
    hidden_units: int,
    dropout_rate: float = 0.0,
    epsilon: float = EPSILON,
) -> tuple[Any, TokenEmbedding]:
    """Encode each token by all tokens of its text.

    Args:
        tokens: token ids, `(batch, time)`.
        mask: `(batch, time)`, false where a token is padding; `None` for no padding.
        vocabulary_size: number of tokens.
        max_length: number of positions.
        units: size of token embeddings and blocks.
        num_layers: number of blocks.
        num_heads: number of heads of attention in each block.
        hidden_units: size of the hidden layer of each block.
        dropout_rate: fraction of embeddings and of each part's outputs to drop during training.
        epsilon: what layer normalization adds to the variance.

    Returns:
        `(batch, time, units)`, and the layer of the embeddings.
    """
    embedding = TokenEmbedding(vocabulary_size, units, max_length, name="embedding")
    segments = layers.Embedding(
        SEGMENTS, units, embeddings_initializer=_initializer(), name="segments"
    )
    x = embedding(tokens) + segments(ops.zeros_like(tokens))
    x = layers.LayerNormalization(epsilon=epsilon, name="embedding_norm")(x)
    x = layers.Dropout(dropout_rate, name="embedding_dropout")(x)
    for number in range(1, num_layers + 1):
        x = TransformerBlock(
            units,
            num_heads,
            hidden_units,
            norm="post",
            activation="gelu",
            dropout_rate=dropout_rate,
            epsilon=epsilon,
            name=f"block_{number}",
        )(x, token_mask=mask)
    return x, embedding


def bert(
    vocabulary_size: int,
    sequence_length: int,
    *,
    units: Count = 768,
    num_layers: Depth = 12,
    num_heads: Count = 12,
    hidden_units: Count | None = None,
    dropout_rate: Share = 0.1,
) -> keras.Model:
    """BERT's encoder: blocks of a transformer whose tokens see each other on both sides, and a
    dense layer on the first token, which stands for the text.

    With the default sizes, 30,522 tokens and 512 positions it is BERT base, of 109,482,240
    parameters.

    Args:
        vocabulary_size: number of tokens, of which 0 is padding.
        sequence_length: number of tokens that a text may have.
        units: size of the token embeddings and of each block's inputs and outputs.
        num_layers: number of blocks.
        num_heads: number of heads of attention in each block, a divisor of `units`.
        hidden_units: size of the hidden layer of each block; by default four times `units`.
        dropout_rate: fraction of embeddings and of each part's outputs to drop during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, time)` to two outputs: `tokens`, `(batch, time,
        units)`, and `text`, `(batch, units)`.

    Raises:
        UserError: if the heads do not divide the units.

    Reference:
        [BERT: Pre-training of Deep Bidirectional Transformers for Language
        Understanding](https://arxiv.org/abs/1810.04805) (Devlin et al., 2018)
    """
    inputs, x, _ = _encoded(
        vocabulary_size, sequence_length, units, num_layers, num_heads, hidden_units, dropout_rate
    )
    text = layers.Dense(units, activation="tanh", name="pooler")(x[:, 0])
    return keras.Model(inputs, {"tokens": x, "text": text}, name="bert")


def masked_language_model(
    vocabulary_size: int,
    sequence_length: int,
    *,
    units: Count = 768,
    num_layers: Depth = 12,
    num_heads: Count = 12,
    hidden_units: Count | None = None,
    dropout_rate: Share = 0.1,
) -> keras.Model:
    """BERT's encoder, and a head that tells the hidden tokens of a text.

    Args:
        vocabulary_size: number of tokens, of which 0 is padding.
        sequence_length: number of tokens that a text may have.
        units: size of the token embeddings and of each block's inputs and outputs.
        num_layers: number of blocks.
        num_heads: number of heads of attention in each block, a divisor of `units`.
        hidden_units: size of the hidden layer of each block; by default four times `units`.
        dropout_rate: fraction of embeddings and of each part's outputs to drop during training.

    Returns:
        An uncompiled `keras.Model`, `(batch, time)` to probabilities of each token, `(batch, time,
        vocabulary_size)`.

    Raises:
        UserError: if the heads do not divide the units.

    Reference:
        [BERT: Pre-training of Deep Bidirectional Transformers for Language
        Understanding](https://arxiv.org/abs/1810.04805) (Devlin et al., 2018)
    """
    inputs, x, embedding = _encoded(
        vocabulary_size, sequence_length, units, num_layers, num_heads, hidden_units, dropout_rate
    )
    x = layers.Dense(units, activation="gelu", name="transform")(x)
    x = layers.LayerNormalization(epsilon=EPSILON, name="transform_norm")(x)
    logits = embedding(x, reverse=True)  # by the same embeddings as kernel
    outputs = TokenProbabilities(name="answer")(logits)
    return keras.Model(inputs, outputs, name="masked_language_model")


def _encoded(
    vocabulary_size: int,
    sequence_length: int,
    units: int,
    num_layers: int,
    num_heads: int,
    hidden_units: int | None,
    dropout_rate: float,
) -> tuple[Any, Any, TokenEmbedding]:
    """Return the input of token ids, what the blocks make of them, and the layer of embeddings."""
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    x, embedding = encode(
        inputs,
        ops.not_equal(inputs, 0),
        vocabulary_size=vocabulary_size,
        max_length=sequence_length,
        units=units,
        num_layers=num_layers,
        num_heads=num_heads,
        hidden_units=hidden_units or 4 * units,
        dropout_rate=dropout_rate,
    )
    return inputs, x, embedding


def encoder_of(model: keras.Model) -> Encoder:
    """Return the encoder of a trained masked language model.

    Args:
        model: made by `masked_language_model` or `bert`.

    Raises:
        UserError: if it is none.
    """
    blocks = [layer for layer in model.layers if layer.name.startswith("block_")]
    names = {layer.name for layer in model.layers}
    if not {"embedding", "segments", "embedding_norm"} <= names or not blocks:
        raise UserError(f"the model {model.name} is no encoder of the recipe bert")
    tokens, block = model.get_layer("embedding").settings, blocks[0].settings
    kept = ("embedding/", "segments/", "embedding_norm/", "block_")
    return Encoder(
        vocabulary_size=tokens["vocabulary_size"],
        max_length=tokens["max_length"],
        units=block["units"],
        num_layers=len(blocks),
        num_heads=block["num_heads"],
        hidden_units=block["hidden_units"],
        epsilon=block["epsilon"],
        arrays={
            weight.path: keras.ops.convert_to_numpy(weight)
            for weight in model.weights
            if weight.path.startswith(kept)
        },
    )


def set_weights(model: keras.Model, encoder: Encoder) -> None:
    """Give the encoder within a model its trained weights.

    Args:
        model: has the layers of `encode`.
        encoder: of the same sizes.

    Raises:
        UserError: if a weight is missing or has another shape.
    """
    own = {weight.path: weight for weight in model.weights}
    for path, array in encoder.arrays.items():
        if path not in own or tuple(own[path].shape) != array.shape:
            found = tuple(own[path].shape) if path in own else "none"
            raise UserError(f"the encoder's weight {path} is {array.shape}, expected {found}")
        own[path].assign(array)


def _initializer() -> Any:
    return keras.initializers.RandomNormal(stddev=0.02)
