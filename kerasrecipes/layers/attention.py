"""Attention: a mean of a memory's entries, weighted by how well each matches a query.

`keras.layers.AdditiveAttention` has no projections of its own, and `keras.layers.Attention` none
for `general`. This is the layer of the papers, and it separates what is computed once for a memory
from what is computed for each query.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from kerasrecipes.errors import UserError, unknown

Score = Literal["additive", "dot", "general"]
SCORES = ("additive", "dot", "general")

# Added to the scores of masked entries: exp of it is 0, and float16 has it too.
MASKED = -3e4


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Attention(keras.layers.Layer):
    """Attention of queries to the entries of a memory.

    The score of a memory's entry `m` for a query `q` is `v · tanh(W q + U m)` (additive), `q · m`
    (dot) or `q · (W m)` (general); the weights are a softmax of the scores over the entries, and
    the context is the weighted mean of the entries. Where every entry is masked, weights and
    context are zero.

    Args:
        score: `"additive"`, `"dot"` or `"general"`.
        units: size of the space in which additive scores compare; by default the query's.
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        query: `(batch, query_units)`, or `(batch, queries, query_units)`.
        memory: `(batch, entries, memory_units)`.
        memory_mask: `(batch, entries)`, false where an entry is padding; by default the memory's
            own Keras mask.

    Output shape:
        The contexts, `(batch, [queries,] memory_units)`, and the weights,
        `(batch, [queries,] entries)`.

    Raises:
        UserError: if there is no such score, or `dot` gets queries and memories of different sizes.

    Reference:
        [Neural Machine Translation by Jointly Learning to Align and
        Translate](https://arxiv.org/abs/1409.0473) (Bahdanau et al., 2015);
        [Effective Approaches to Attention-based Neural Machine
        Translation](https://arxiv.org/abs/1508.04025) (Luong et al., 2015)
    """

    def __init__(self, score: Score = "additive", units: int | None = None, **options: Any):
        super().__init__(**options)
        if score not in SCORES:
            raise unknown("score", score, SCORES)
        self.score, self.units, self.supports_masking = score, units, True

    def build(self, query_shape: Any, memory_shape: Any, **_: Any) -> None:
        """Create the projections that the score has.

        Args:
            query_shape: `(batch, [queries,] query_units)`.
            memory_shape: `(batch, entries, memory_units)`.
            **_: shapes of further arguments, which do not matter.

        Raises:
            UserError: if `dot` gets queries and memories of different sizes.
        """
        query_units, memory_units = query_shape[-1], memory_shape[-1]
        if self.score == "dot" and query_units != memory_units:
            raise UserError(
                "score=dot needs a query as large as the memory's entries, "
                f"received {query_units} and {memory_units}; take score=general"
            )
        self.query_kernel = self.key_kernel = self.vector = None
        if self.score == "additive":
            units = self.units or query_units
            self.query_kernel = self.add_weight(name="query_kernel", shape=(query_units, units))
            self.vector = self.add_weight(name="vector", shape=(units, 1))
            self.key_kernel = self.add_weight(name="key_kernel", shape=(memory_units, units))
        elif self.score == "general":
            self.key_kernel = self.add_weight(name="key_kernel", shape=(memory_units, query_units))

    def keys(self, memory: Any) -> Any:
        """Project a memory once for all queries, to `(batch, entries, key_units)`."""
        return memory if self.key_kernel is None else ops.matmul(memory, self.key_kernel)

    def scores(self, query: Any, keys: Any) -> Any:
        """Compute the score of each query and entry.

        Args:
            query: `(batch, queries, query_units)`.
            keys: from `keys`, `(batch, entries, key_units)`.

        Returns:
            `(batch, queries, entries)`.
        """
        if self.score != "additive":
            return ops.matmul(query, ops.swapaxes(keys, 1, 2))
        query = ops.matmul(query, self.query_kernel)
        # (batch, queries, entries, units)
        compared = ops.tanh(ops.expand_dims(query, 2) + ops.expand_dims(keys, 1))
        return ops.squeeze(ops.matmul(compared, self.vector), -1)

    def attend(self, query: Any, keys: Any, memory: Any, mask: Any = None) -> tuple[Any, Any]:
        """Compute contexts and weights, for keys that are computed already.

        Args:
            query: `(batch, [queries,] query_units)`.
            keys: from `keys`, `(batch, entries, key_units)`.
            memory: `(batch, entries, memory_units)`.
            mask: `(batch, entries)`, false where an entry is padding; `None` for no padding.

        Returns:
            The contexts, `(batch, [queries,] memory_units)`, and the weights,
            `(batch, [queries,] entries)`.
        """
        single = len(query.shape) == 2
        query = ops.expand_dims(query, 1) if single else query
        mask = None if mask is None else ops.expand_dims(mask, 1)
        weights = masked_softmax(self.scores(query, keys), mask)
        context = ops.matmul(weights, memory)  # (batch, queries, memory_units)
        return (ops.squeeze(context, 1), ops.squeeze(weights, 1)) if single else (context, weights)

    def call(self, query: Any, memory: Any, memory_mask: Any = None) -> tuple[Any, Any]:
        """Compute contexts and weights.

        Args:
            query: `(batch, [queries,] query_units)`.
            memory: `(batch, entries, memory_units)`.
            memory_mask: `(batch, entries)`, false where an entry is padding.

        Returns:
            The contexts, `(batch, [queries,] memory_units)`, and the weights,
            `(batch, [queries,] entries)`.
        """
        return self.attend(query, self.keys(memory), memory, memory_mask)

    def compute_mask(self, *_: Any, **__: Any) -> None:
        """Return no mask: neither output has padding of its own."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "score": self.score, "units": self.units}


def masked_softmax(scores: Any, mask: Any = None) -> Any:
    """Compute a softmax along the last axis, zero where the mask is false.

    Unlike `keras.ops.softmax` it takes an axis of length one without a warning.

    Args:
        scores: `(…, entries)`.
        mask: false where an entry is padding, of a shape that is broadcast to that of the scores;
            `None` for no padding.

    Returns:
        `(…, entries)`; the sum over the entries is 1, or 0 where all of them are masked.
    """
    if mask is not None:
        mask = ops.cast(mask, scores.dtype)
        scores = scores + (1 - mask) * MASKED
    powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
    weights = powers / ops.sum(powers, axis=-1, keepdims=True)
    return weights if mask is None else weights * mask  # where every entry is masked, zeros
