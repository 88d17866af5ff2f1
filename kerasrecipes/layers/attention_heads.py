"""Heads of attention with a cache: keys and values are computed once for each token.

`keras.layers.MultiHeadAttention` knows neither a cache nor rotary positions. Here the attention
itself is `keras.ops.dot_product_attention`, which is flash attention where the device has it; own
is what stands before and behind it.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from kerasrecipes.errors import UserError
from kerasrecipes.layers.attention import masked_softmax
from kerasrecipes.layers.positions import rotated

State = tuple[Any, ...]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class AttentionHeads(layers.Layer):
    """Multi-head attention whose keys and values can be kept for later queries.

    With the same weights it is `keras.layers.MultiHeadAttention`.

    Args:
        units: size of queries, outputs and all heads together.
        num_heads: number of heads, a divisor of `units`.
        rotary: whether queries and keys are rotated by their positions.
        output_initializer: of the output's kernel.
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        query: `(batch, time, units)`.
        memory: what is attended to, `(batch, entries, memory_units)`.
        memory_mask: `(batch, entries)`, false where an entry is padding; `None` for no padding.
        causal: whether a query sees the entries up to its own place only.

    Output shape:
        `(batch, time, units)`.

    Raises:
        UserError: if the heads do not divide the units, or rotary heads have an odd size.

    Reference:
        [Attention Is All You Need](https://arxiv.org/abs/1706.03762) (Vaswani et al., 2017)
    """

    def __init__(
        self,
        units: int,
        num_heads: int,
        *,
        rotary: bool = False,
        output_initializer: Any = "glorot_uniform",
        **options: Any,
    ):
        super().__init__(**options)
        if units % num_heads or (rotary and units // num_heads % 2):
            even = " and each of an even size, for rotary positions" if rotary else ""
            raise UserError(
                f"units={units} num_heads={num_heads}: heads have to be of equal size{even}"
            )
        self.units, self.num_heads, self.rotary = units, num_heads, rotary
        self.output_initializer = keras.initializers.get(output_initializer)
        self.query, self.key, self.value = (
            layers.Dense(units, name=name, dtype=self.dtype_policy)
            for name in ("query", "key", "value")
        )
        self.result = layers.Dense(
            units,
            kernel_initializer=self.output_initializer,
            name="result",
            dtype=self.dtype_policy,
        )

    def build(self, query_shape: Any, memory_shape: Any, **_: Any) -> None:
        """Create the four projections.

        Args:
            query_shape: `(batch, time, units)`.
            memory_shape: `(batch, entries, memory_units)`.
            **_: shapes of further arguments, which do not matter.
        """
        self.query.build(query_shape)
        self.key.build(memory_shape)
        self.value.build(memory_shape)
        self.result.build((*query_shape[:-1], self.units))

    def call(self, query: Any, memory: Any, memory_mask: Any = None, causal: bool = False) -> Any:
        """Attend with all queries at once; see the class."""
        keys, values = self.read(memory)
        queries = self._queries(query, ops.arange(ops.shape(query)[1]))
        mask = None if memory_mask is None else memory_mask[:, None, None, :]
        found = ops.dot_product_attention(queries, keys, values, mask=mask, is_causal=causal)
        return self.result(self._joined(found))

    def read(self, memory: Any) -> tuple[Any, Any]:
        """Compute the keys and values of a memory.

        Args:
            memory: `(batch, entries, memory_units)`.

        Returns:
            Both `(batch, entries, heads, size)`.
        """
        keys = self._split(self.key(memory))
        if self.rotary:
            keys = rotated(keys, ops.arange(ops.shape(memory)[1]))
        return keys, self._split(self.value(memory))

    def weights_of(self, query: Any, memory: Any, memory_mask: Any = None) -> Any:
        """Compute how much each entry of a memory weighs for each query.

        Args:
            query: `(batch, time, units)`.
            memory: `(batch, entries, memory_units)`.
            memory_mask: `(batch, entries)`, false where an entry is padding.

        Returns:
            `(batch, heads, time, entries)`.
        """
        keys, _ = self.read(memory)
        queries = self._queries(query, ops.arange(ops.shape(query)[1]))
        scores = (
            ops.einsum("btnh,bsnh->bnts", queries, keys) * (self.units // self.num_heads) ** -0.5
        )
        return masked_softmax(
            scores, None if memory_mask is None else memory_mask[:, None, None, :]
        )

    def first_state(self, batch: Any, length: int) -> State:
        """Return an empty cache: keys, values, and the position of the next token.

        Args:
            batch: number of texts.
            length: number of tokens that will be read.
        """
        shape = (batch, length, self.num_heads, self.units // self.num_heads)
        # Half precision is for training; a carried state keeps its dtype.
        empty = ops.zeros(shape, self.variable_dtype)
        return empty, empty, ops.zeros((batch,), "int32")

    def step(self, x: Any, state: State) -> tuple[Any, State]:
        """Attend with one token of each text to the tokens up to it.

        Args:
            x: `(batch, units)`.
            state: from `first_state` or the step before.

        Returns:
            `(batch, units)`, and the state with this token's key and value.
        """
        keys, values, index = state
        row = ops.expand_dims(x, 1)
        new = self._split(self.key(row))
        new = rotated(new, index[:, None]) if self.rotary else new
        places = ops.arange(keys.shape[1])[None, :]
        here = ops.equal(places, index[:, None])[:, :, None, None]
        keys = ops.where(here, ops.cast(new, keys.dtype), keys)
        values = ops.where(here, ops.cast(self._split(self.value(row)), values.dtype), values)
        seen = places <= index[:, None]
        return self.look(x, keys, values, seen, index), (keys, values, index + 1)

    def look(
        self, x: Any, keys: Any, values: Any, memory_mask: Any = None, index: Any = None
    ) -> Any:
        """Attend with one query of each text to keys and values that are there already.

        Args:
            x: `(batch, units)`.
            keys: from `read`.
            values: from `read`.
            memory_mask: `(batch, entries)`, false where an entry is not to be seen.
            index: `(batch,)`, positions of the queries; for rotary heads.

        Returns:
            `(batch, units)`.
        """
        queries = self._queries(ops.expand_dims(x, 1), None if index is None else index[:, None])
        mask = None if memory_mask is None else memory_mask[:, None, None, :]
        found = ops.dot_product_attention(ops.cast(queries, keys.dtype), keys, values, mask=mask)
        return ops.squeeze(self.result(self._joined(ops.cast(found, self.compute_dtype))), 1)

    def _queries(self, x: Any, positions: Any) -> Any:
        queries = self._split(self.query(x))
        return rotated(queries, positions) if self.rotary else queries

    def _split(self, x: Any) -> Any:
        """Cut `(batch, time, units)` to `(batch, time, heads, size)`."""
        return ops.reshape(x, (*ops.shape(x)[:-1], self.num_heads, self.units // self.num_heads))

    def _joined(self, x: Any) -> Any:
        return ops.reshape(x, (*ops.shape(x)[:-2], self.units))

    def compute_output_shape(self, query_shape: Any, *_: Any, **__: Any) -> Any:
        """Return the shape of the queries."""
        return query_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "units": self.units,
            "num_heads": self.num_heads,
            "rotary": self.rotary,
            "output_initializer": keras.initializers.serialize(self.output_initializer),
        }
