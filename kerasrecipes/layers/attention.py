"""Attention: a mean over a memory, weighted by how well each entry answers a query.

`keras.layers.AdditiveAttention` has no projections of its own, and `keras.layers.Attention` none
for `general`. This is the layer of the papers, and it keeps apart what is computed once for a
memory from what each query needs.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

from kerasrecipes.errors import UserError, unknown

Score = Literal["additive", "dot", "general"]
SCORES = ("additive", "dot", "general")

# Added to the score of what is masked; small enough for half precision too.
MASKED = -3e4


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Attention(keras.layers.Layer):
    """Looks up a memory by queries.

    The score of a memory's entry `m` for a query `q` is `v · tanh(W q + U m)` (additive), `q · m`
    (dot) or `q · (W m)` (general); a softmax over the entries makes weights of the scores, and the
    weighted mean of the entries is the context. Where every entry is masked, weights and context
    are zero.

    Args:
        score: `"additive"`, `"dot"` or `"general"`.
        units: size of the space in which additive scores compare; by default the query's.

    Call arguments:
        query: `(batch, query_units)`, or `(batch, queries, query_units)`.
        memory: `(batch, entries, memory_units)`.
        memory_mask: `(batch, entries)`, false where an entry is padding; by default the memory's
            own Keras mask.

    Returns:
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
        """Make the projections that the score has."""
        queried, remembered = query_shape[-1], memory_shape[-1]
        if self.score == "dot" and queried != remembered:
            raise UserError(
                f"score=dot needs a query as large as the memory's entries, received {queried} and {remembered}; "
                "take score=general"
            )
        self.query_kernel = self.key_kernel = self.vector = None
        if self.score == "additive":
            units = self.units or queried
            self.query_kernel = self.add_weight(name="query_kernel", shape=(queried, units))
            self.vector = self.add_weight(name="vector", shape=(units, 1))
            self.key_kernel = self.add_weight(name="key_kernel", shape=(remembered, units))
        elif self.score == "general":
            self.key_kernel = self.add_weight(name="key_kernel", shape=(remembered, queried))

    def keys(self, memory: Any) -> Any:
        """Project a memory once for all queries, `(batch, entries, key_units)`."""
        return memory if self.key_kernel is None else ops.matmul(memory, self.key_kernel)

    def scores(self, query: Any, keys: Any) -> Any:
        """Compare each of `(batch, queries, query_units)` with each key,
        `(batch, queries, entries)`.
        """
        if self.score != "additive":
            return ops.matmul(query, ops.swapaxes(keys, 1, 2))
        query = ops.matmul(query, self.query_kernel)
        # (batch, queries, entries, units)
        compared = ops.tanh(ops.expand_dims(query, 2) + ops.expand_dims(keys, 1))
        return ops.squeeze(ops.matmul(compared, self.vector), -1)

    def look_up(self, query: Any, keys: Any, memory: Any, mask: Any = None) -> tuple[Any, Any]:
        """Give contexts and weights for keys that are at hand; see the class for the shapes."""
        single = len(query.shape) == 2
        query = ops.expand_dims(query, 1) if single else query
        weights = masked_softmax(
            self.scores(query, keys), None if mask is None else ops.expand_dims(mask, 1)
        )
        context = ops.matmul(weights, memory)  # (batch, queries, memory_units)
        return (ops.squeeze(context, 1), ops.squeeze(weights, 1)) if single else (context, weights)

    def call(self, query: Any, memory: Any, memory_mask: Any = None) -> tuple[Any, Any]:
        """Give contexts and weights; see the class."""
        return self.look_up(query, self.keys(memory), memory, memory_mask)

    def compute_mask(self, *_: Any, **__: Any) -> None:
        """Give no mask."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Give the arguments."""
        return {**super().get_config(), "score": self.score, "units": self.units}


def masked_softmax(scores: Any, mask: Any = None) -> Any:
    """Make weights of scores along the last axis; where `mask` is false they are zero.

    Args:
        scores: `(…, entries)`.
        mask: of a shape that scores can be broadcast with; `None` for none.
    """
    if mask is None:
        return softmax(scores)
    mask = ops.cast(mask, scores.dtype)
    # The second factor matters where every entry is masked.
    return softmax(scores + (1 - mask) * MASKED) * mask


def softmax(scores: Any) -> Any:
    """Make weights along the last axis, which may have a single entry: `keras.ops.softmax` warns of
    one.
    """
    powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
    return powers / ops.sum(powers, axis=-1, keepdims=True)


def bias_of(mask: Any, memory: Any) -> Any:
    """Give what is added to the scores of a memory's entries: nothing, or much less than nothing
    for padding.

    Args:
        mask: `(batch, entries)`, false where an entry is padding; `None` for no padding.
        memory: `(batch, entries, units)`.
    """
    if mask is None:
        return ops.zeros_like(memory[..., 0])
    return (1 - ops.cast(mask, memory.dtype)) * MASKED
