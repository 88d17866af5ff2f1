"""Transformer decoder: from an encoder's output to tokens, all at once or one after another."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from kerasrecipes.layers.attention_heads import State
from kerasrecipes.layers.positions import Positions, TokenEmbedding
from kerasrecipes.layers.transformer import EPSILON, Norm, TransformerBlock


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TransformerDecoder(layers.Layer):
    """Logits of the next token, from the tokens before it and from an encoder's output.

    In training all tokens are known and computed at once. In inference `start` and `step`, the
    same as those of `SequenceDecoder`, take one token at a time and carry its keys and values.

    Args:
        vocabulary_size: number of tokens.
        units: size of the embeddings and of each block's outputs.
        num_layers: number of blocks.
        num_heads: number of heads of attention in each.
        hidden_units: size of the hidden layer of each block.
        positions: `"sinusoidal"` or `"rotary"`.
        norm: `"pre"` or `"post"`, see `TransformerBlock`.
        dropout_rate: fraction of embeddings and of each part's outputs to drop during training.
        tied_embeddings: whether the output layer uses the token embeddings as its kernel.
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        tokens: token ids, `(batch, time)`, beginning with the start token.
        memory: `(batch, entries, units)`.
        memory_mask: `(batch, entries)`, false where an entry is padding.

    Output shape:
        Logits, `(batch, time, vocabulary_size)`.

    Reference:
        [Attention Is All You Need](https://arxiv.org/abs/1706.03762) (Vaswani et al., 2017)
    """

    def __init__(
        self,
        vocabulary_size: int,
        units: int,
        num_layers: int,
        num_heads: int,
        hidden_units: int,
        *,
        positions: Positions = "sinusoidal",
        norm: Norm = "post",
        dropout_rate: float = 0.0,
        tied_embeddings: bool = True,
        **options: Any,
    ):
        super().__init__(**options)
        self.settings: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "units": units,
            "num_layers": num_layers,
            "num_heads": num_heads,
            "hidden_units": hidden_units,
            "positions": positions,
            "norm": norm,
            "dropout_rate": dropout_rate,
            "tied_embeddings": tied_embeddings,
        }
        own = {"dtype": self.dtype_policy}
        self.embedding = TokenEmbedding(
            vocabulary_size, units, None, positions=positions, scaled=True, name="embedding", **own
        )
        self.dropout = layers.Dropout(dropout_rate, name="dropout", **own)
        self.blocks = [
            TransformerBlock(
                units,
                num_heads,
                hidden_units,
                norm=norm,
                causal=True,
                attends=True,
                rotary=positions == "rotary",
                dropout_rate=dropout_rate,
                name=f"block_{number}",
                **own,
            )
            for number in range(1, num_layers + 1)
        ]
        self.norm = (
            layers.LayerNormalization(epsilon=EPSILON, name="norm", **own)
            if norm == "pre"
            else None
        )
        self.vocabulary = (
            None if tied_embeddings else layers.Dense(vocabulary_size, name="vocabulary", **own)
        )

    def build(self, tokens_shape: Any, memory_shape: Any, **_: Any) -> None:
        """Create the weights of all parts.

        Args:
            tokens_shape: `(batch, time)`.
            memory_shape: `(batch, entries, units)`.
            **_: shapes of further arguments, which do not matter.
        """
        x_shape = (*tokens_shape, self.settings["units"])
        self.embedding.build(tokens_shape)
        for block in self.blocks:
            block.build(x_shape, memory_shape)
        for last in (self.norm, self.vocabulary):
            if last is not None:
                last.build(x_shape)

    def call(
        self, tokens: Any, memory: Any, memory_mask: Any = None, training: bool = False
    ) -> Any:
        """Compute the logits after each token; see the class."""
        x = self.dropout(self.embedding(tokens), training=training)
        for block in self.blocks:
            x = block(x, memory, memory_mask=memory_mask, training=training)
        return self._logits(x)

    def alignment(self, tokens: Any, memory: Any, memory_mask: Any = None) -> Any:
        """Compute the attention to the memory for each next token, the mean of all heads in the
        last block but one, which aligns better than others.

        Args:
            tokens: token ids, `(batch, time)`.
            memory: `(batch, entries, units)`.
            memory_mask: `(batch, entries)`, false where an entry is padding.

        Returns:
            `(batch, time, entries)`.

        Reference:
            [Jointly Learning to Align and Translate with Transformer
            Models](https://arxiv.org/abs/1909.02074) (Garg et al., 2019)
        """
        x = self.embedding(tokens)
        last = max(0, len(self.blocks) - 2)
        for block in self.blocks[:last]:
            x = block(x, memory, memory_mask=memory_mask)
        weights = self.blocks[last].alignment(x, memory, memory_mask=memory_mask)
        return ops.mean(ops.cast(weights, "float32"), axis=1)

    def start(
        self, memory: Any, memory_mask: Any = None, *, max_length: int
    ) -> tuple[tuple[Any, ...], State]:
        """Compute what `step` needs before the first token.

        Args:
            memory: `(batch, entries, units)`.
            memory_mask: `(batch, entries)`, false where an entry is padding.
            max_length: number of tokens that will be read.

        Returns:
            The tensors that stay the same at each step, and the initial state; all of them with the
            batch as first axis.
        """
        if memory_mask is None:
            memory_mask = ops.ones_like(memory[..., 0], dtype="bool")
        batch = ops.shape(memory)[0]
        keys_and_values = tuple(block.read(memory) for block in self.blocks)
        state = (
            self.embedding.first_state(batch, max_length),
            *(block.first_state(batch, max_length) for block in self.blocks),
        )
        return (keys_and_values, memory_mask), state

    def step(self, tokens: Any, state: State, fixed: tuple[Any, ...]) -> tuple[Any, State]:
        """Take one step.

        Args:
            tokens: last token ids, `(batch,)`.
            state: of the embedding and of all blocks.
            fixed: tensors that stay the same, from `start`.

        Returns:
            Logits `(batch, vocabulary_size)`, and the new state.
        """
        keys_and_values, memory_mask = fixed
        x, embedded = self.embedding.step(tokens, state[0])
        after = [embedded]
        for block, own, memory in zip(self.blocks, state[1:], keys_and_values, strict=True):
            x, new = block.step(x, own, memory, memory_mask)
            after.append(new)
        return self._logits(x), tuple(after)

    def _logits(self, x: Any) -> Any:
        x = x if self.norm is None else self.norm(x)
        logits = self.embedding(x, reverse=True) if self.vocabulary is None else self.vocabulary(x)
        # In float32 also where all else is in half precision: a softmax of bfloat16 is too coarse.
        return ops.cast(logits, self.variable_dtype)

    def compute_output_spec(self, tokens: Any, *_: Any, **__: Any) -> keras.KerasTensor:
        """Return the specification of the logits, `(batch, time, vocabulary_size)`."""
        shape = (*tokens.shape, self.settings["vocabulary_size"])
        return keras.KerasTensor(shape, dtype=self.variable_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), **self.settings}
