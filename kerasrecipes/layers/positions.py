"""Positions of tokens: sinusoids, rotation, and embeddings of tokens that know their place."""

from __future__ import annotations

from typing import Any, Literal

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.word_embeddings import Embedding

Positions = Literal["learned", "sinusoidal", "rotary"]
State = tuple[Any, ...]

_LONGEST_WAVE = 10_000  # of positions, in units of 2π tokens, as in both papers


def sinusoids(positions: Any, units: int) -> Any:
    """Compute sinusoidal position encodings: sine and cosine by turns, in waves of all lengths.

    Args:
        positions: `(…,)`, numbers of tokens from 0.
        units: size of an encoding, an even number.

    Returns:
        `(…, units)` float32.

    Reference:
        [Attention Is All You Need](https://arxiv.org/abs/1706.03762) (Vaswani et al., 2017)
    """
    angles = _angles(positions, units)
    waves = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)  # (…, units / 2, 2)
    return ops.reshape(waves, (*ops.shape(angles)[:-1], units))


def rotated(x: Any, positions: Any) -> Any:
    """Rotate queries or keys by angles that grow with the position, so that their products depend
    on distances alone.

    Args:
        x: `(batch, time, heads, size)`, with an even size.
        positions: `(time,)`, or `(batch, time)`.

    Returns:
        The same shape and dtype.

    Reference:
        [RoFormer](https://arxiv.org/abs/2104.09864) (Su et al., 2021)
    """
    half = x.shape[-1] // 2
    # Angles of thousands of tokens need float32; an axis for the heads, which turn alike.
    angles = ops.expand_dims(_angles(positions, x.shape[-1]), -2)
    sine, cosine = ops.sin(angles), ops.cos(angles)
    first, second = (ops.cast(part, "float32") for part in (x[..., :half], x[..., half:]))
    turned = [first * cosine - second * sine, second * cosine + first * sine]
    return ops.cast(ops.concatenate(turned, axis=-1), x.dtype)


def _angles(positions: Any, units: int) -> Any:
    """Compute `(…, units / 2)`, the angle of each position in each of the waves."""
    frequencies = _LONGEST_WAVE ** (-np.arange(0, units, 2, dtype=np.float32) / units)
    return ops.expand_dims(ops.cast(positions, "float32"), -1) * frequencies


@keras.saving.register_keras_serializable(package="kerasrecipes")
class TokenEmbedding(layers.Layer):
    """Embeddings of tokens and of their positions, and backwards the logits of tokens.

    Args:
        vocabulary_size: number of tokens.
        units: size of an embedding.
        max_length: number of tokens that a text may have; `None` for no end, which learned
            positions cannot do.
        positions: `"learned"` adds an embedding of each position, `"sinusoidal"` sines and cosines
            of it; with `"rotary"` nothing is added, for the heads of attention turn by it.
        scaled: whether embeddings are multiplied by the root of their size, as beside sinusoids;
            else they begin as small as GPT-2's.
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: token ids, `(batch, time)`; with `reverse` features, `(batch, time, units)`.
        reverse: whether to return logits, by the same embeddings as kernel.

    Output shape:
        `(batch, time, units)`; with `reverse` `(batch, time, vocabulary_size)` float32.

    Reference:
        [Using the Output Embedding to Improve Language Models](https://arxiv.org/abs/1608.05859)
        (Press and Wolf, 2017)
    """

    def __init__(
        self,
        vocabulary_size: int,
        units: int,
        max_length: int | None,
        *,
        positions: Positions = "learned",
        scaled: bool = False,
        **options: Any,
    ):
        super().__init__(**options)
        self.settings: dict[str, Any] = {
            "vocabulary_size": vocabulary_size,
            "units": units,
            "max_length": max_length,
            "positions": positions,
            "scaled": scaled,
        }
        self.units, self.max_length, self.positions = units, max_length, positions
        self.scale = units**0.5 if scaled else 1.0
        initializer = keras.initializers.RandomNormal(stddev=units**-0.5 if scaled else 0.02)
        self.tokens = Embedding(
            vocabulary_size,
            units,
            embeddings_initializer=initializer,
            name="tokens",
            dtype=self.dtype_policy,
        )
        self.table: Any = None

    def build(self, input_shape: Any) -> None:
        """Create the embeddings of tokens and, where they are learned, of positions.

        Args:
            input_shape: `(batch, time)`.
        """
        self.tokens.build((None, None))
        if self.positions == "learned":
            self.table = self.add_weight(
                name="positions",
                shape=(self.max_length, self.units),
                initializer=keras.initializers.RandomNormal(stddev=0.02),
            )

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        """Return embeddings, or with `reverse` logits."""
        if reverse:
            kernel = ops.cast(self.tokens.embeddings, self.compute_dtype)
            # In float32, for a softmax of bfloat16 is too coarse.
            return ops.cast(ops.matmul(inputs, ops.transpose(kernel)), "float32")
        length = inputs.shape[1]
        if self.table is not None and length is not None and length > self.table.shape[0]:
            raise UserError(
                f"{length:,} tokens: the model has positions for {self.table.shape[0]:,}"
            )
        return self._with_positions(inputs, ops.arange(ops.shape(inputs)[1]))

    def first_state(self, batch: Any, length: int) -> State:
        """Return the state before any token: the position of the next one, `(batch,)`.

        Args:
            batch: number of texts.
            length: number of tokens that will be read, which does not matter here.
        """
        return (ops.zeros((batch,), "int32"),)

    def step(self, tokens: Any, state: State) -> tuple[Any, State]:
        """Embed one token of each text.

        Args:
            tokens: `(batch,)`, token ids.
            state: the position of each.

        Returns:
            `(batch, units)`, and the new state.
        """
        (index,) = state
        # What is read beyond the last position is never used, but must not be out of range.
        at = index if self.table is None else ops.minimum(index, self.table.shape[0] - 1)
        return self._with_positions(tokens, at), (index + 1,)

    def _with_positions(self, tokens: Any, positions: Any) -> Any:
        x = self.tokens(tokens) * self.scale
        if self.positions == "sinusoidal":
            x = x + ops.cast(sinusoids(positions, self.units), x.dtype)
        elif self.positions == "learned":
            x = x + ops.cast(ops.take(self.table, positions, axis=0), x.dtype)
        return x

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> keras.KerasTensor:
        """Return the specification of the embeddings, or with `reverse` of the logits."""
        if reverse:
            shape = (*inputs.shape[:-1], self.settings["vocabulary_size"])
            return keras.KerasTensor(shape, dtype="float32")
        return keras.KerasTensor((*inputs.shape, self.units), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), **self.settings}
