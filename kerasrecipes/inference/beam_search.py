"""Greedy and beam search in one graph with carried state, for batches.

A model is a function `step(token_ids, state) -> (logits, state)`: from the last token of each row
to the logits of the next. Each step costs the same, however long the prefix is, and nothing leaves
the device before the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasrecipes.data.text.tokenizer import END, PADDING, START, UNKNOWN
from kerasrecipes.errors import UserError

Step = Callable[[Any, Any], tuple[Any, Any]]

# Stands for the logarithm of 0: finite, so that sums and differences of it are not NaN.
_NEVER = -1e9


def search(
    step: Step,
    state: Any,
    rows: Any,
    max_length: int,
    num_beams: int = 1,
    length_penalty: float = 0.6,
) -> tuple[Any, Any]:
    """Decode by `greedy_search`, or with several beams by `beam_search`; see there.

    Args:
        step: as in `greedy_search`, or for `rows * num_beams` rows as in `beam_search`.
        state: nested tuples of tensors, with those rows as first axis.
        rows: number of texts that are decoded together.
        max_length: tokens of a text at most.
        num_beams: hypotheses that are kept; 1 is greedy search.
        length_penalty: exponent of the length; 0 ignores it, 1 scores by the mean. Greedy search
            has no use for it.

    Returns:
        Token ids `(rows, max_length)`, padded after the end token, and their score, `(rows,)`.
    """
    if num_beams == 1:
        return greedy_search(step, state, rows, max_length)
    return beam_search(
        step, state, rows, max_length, num_beams=num_beams, length_penalty=length_penalty
    )


def greedy_search(step: Step, state: Any, rows: Any, max_length: int) -> tuple[Any, Any]:
    """Take the most probable token at each step.

    Args:
        step: `step(token_ids (rows,), state) -> (logits (rows, vocabulary), state)`.
        state: nested tuples of tensors, with the rows as first axis.
        rows: number of texts that are decoded together.
        max_length: tokens of a text at most.

    Returns:
        Token ids `(rows, max_length)`, padded after the end token, and the logarithm of their
        probability, `(rows,)`.
    """

    def ended(last: Any) -> Any:
        # After its end token a row goes on with padding.
        return ops.logical_or(ops.equal(last, END), ops.equal(last, PADDING))

    def unfinished(length: Any, last: Any, *_: Any) -> Any:
        return ops.logical_and(length < max_length, ops.logical_not(ops.all(ended(last))))

    def extend(length: Any, last: Any, token_ids: Any, score: Any, state: Any) -> tuple[Any, ...]:
        logits, state = step(last, state)
        log_probabilities = _log_probabilities(logits)
        over = ended(last)
        best = ops.cast(ops.argmax(log_probabilities, axis=-1), "int32")
        chosen = ops.where(over, PADDING, best)
        score = score + ops.where(over, 0.0, ops.max(log_probabilities, axis=-1))
        return length + 1, chosen, _write(token_ids, chosen, length), score, state

    first = (
        ops.convert_to_tensor(0),
        ops.full((rows,), START, dtype="int32"),
        ops.zeros((rows, max_length), dtype="int32"),
        ops.zeros((rows,), dtype="float32"),
        state,
    )
    _, _, token_ids, score, _ = ops.while_loop(unfinished, extend, first)
    return token_ids, score


def beam_search(
    step: Step,
    state: Any,
    rows: Any,
    max_length: int,
    *,
    num_beams: int,
    length_penalty: float = 0.6,
) -> tuple[Any, Any]:
    """Keep the `num_beams` most probable hypotheses at each step, and the `num_beams` best of those
    that have ended.

    A hypothesis that has ended is scored by its log probability divided by
    `((5 + length) / 6) ** length_penalty`, since otherwise short texts win. Of a text without one
    after `max_length` tokens the most probable hypothesis is returned.

    Args:
        step: as in `greedy_search`, for `rows * num_beams` rows; the beams of one text are
            neighbours.
        state: likewise.
        rows: number of texts that are decoded together.
        max_length: tokens of a text at most.
        num_beams: hypotheses that are kept.
        length_penalty: exponent of the length; 0 ignores it, 1 scores by the mean.

    Returns:
        Token ids `(rows, max_length)` of the best, padded after the end token, and its score,
        `(rows,)`.

    Reference:
        [Google's Neural Machine Translation System](https://arxiv.org/abs/1609.08144) (Wu et al.,
        2016)
    """

    def penalty(length: Any) -> Any:
        return ((5.0 + ops.cast(length, "float32")) / 6.0) ** length_penalty

    def improvable(length: Any, _last: Any, _alive: Any, alive_scores: Any, *rest: Any) -> Any:
        # At best, a hypothesis goes on with probability 1. Where even that is worse than all that
        # have ended, nothing changes any more.
        _, ended_scores, _ = rest
        # Scores are negative: the largest divisor, that of the longest text, gives the highest.
        bound = alive_scores[:, 0] / penalty(max_length)
        return ops.logical_and(length < max_length, ops.any(bound > ended_scores[:, -1]))

    def extend(
        length: Any,
        last: Any,
        alive: Any,
        alive_scores: Any,
        ended: Any,
        ended_scores: Any,
        state: Any,
    ) -> tuple[Any, ...]:
        logits, state = step(ops.reshape(last, (-1,)), state)
        size = logits.shape[-1]
        log_probabilities = ops.reshape(_log_probabilities(logits), (rows, num_beams, size))
        total = ops.expand_dims(alive_scores, -1) + log_probabilities  # (rows, beams, vocabulary)
        # Hypotheses that end here compete with those that have ended before.
        candidates = ops.concatenate([ended, _write(alive, END, length)], axis=1)
        new_scores = total[..., END] / penalty(length + 1)
        ended_scores, indices = ops.top_k(
            ops.concatenate([ended_scores, new_scores], axis=1), num_beams
        )
        ended = _select(candidates, indices)
        # The others go on; each belongs to a beam, whose tokens and state it takes over.
        alive_scores, indices = ops.top_k(
            ops.reshape(total + _log_mask(size, [END]), (rows, -1)), num_beams
        )
        parents, last = indices // size, ops.cast(indices % size, "int32")
        alive = _write(_select(alive, parents), last, length)
        offsets = num_beams * ops.expand_dims(ops.arange(rows, dtype=parents.dtype), 1)
        # The state has texts and beams in one axis, the beams of a text as neighbours.
        flat = ops.reshape(parents + offsets, (-1,))
        state = keras.tree.map_structure(lambda part: ops.take(part, flat, axis=0), state)
        return length + 1, last, alive, alive_scores, ended, ended_scores, state

    first = (*_first_beams(rows, num_beams, max_length), state)
    _, _, alive, alive_scores, ended, ended_scores, _ = ops.while_loop(improvable, extend, first)
    finished = ended_scores[:, :1] > _NEVER
    unfinished_scores = alive_scores[:, 0] / penalty(max_length)
    score = ops.where(finished[:, 0], ended_scores[:, 0], unfinished_scores)
    return ops.where(finished, ended[:, 0], alive[:, 0]), score


def _first_beams(rows: Any, num_beams: int, max_length: int) -> tuple[Any, ...]:
    """Create what the loop of `beam_search` carries, before the first token."""
    empty = ops.zeros((rows, num_beams, max_length), dtype="int32")
    # All beams begin alike; only the first counts, or all would stay the same.
    one = ops.concatenate([ops.zeros((1,)), ops.full((num_beams - 1,), _NEVER)])
    return (
        ops.convert_to_tensor(0),
        ops.full((rows, num_beams), START, dtype="int32"),
        empty,
        ops.cast(ops.tile(ops.expand_dims(one, 0), (rows, 1)), "float32"),
        empty,
        # Places without a text: below even those of the beams that do not count yet.
        ops.full((rows, num_beams), 2 * _NEVER, dtype="float32"),
    )


def repeat_rows(tree: Any, num_beams: int) -> Any:
    """Repeat each row of all tensors for its beams, which become neighbours.

    Args:
        tree: nested tuples of tensors, each `(rows, …)`.
        num_beams: hypotheses of each row; 1 changes nothing.

    Returns:
        The same structure, each tensor `(rows * num_beams, …)`.
    """
    if num_beams == 1:
        return tree
    return keras.tree.map_structure(lambda part: ops.repeat(part, num_beams, axis=0), tree)


def check_num_beams(num_beams: int, vocabulary_size: int) -> None:
    """Refuse a number of beams that is out of range.

    Args:
        num_beams: from 1 to 64, and no more than there are tokens to begin with.
        vocabulary_size: tokens, the four special ones included.

    Raises:
        UserError: if it is not in the range.
    """
    # With more beams than ordinary tokens, the first step would keep some that cannot be.
    most = min(64, vocabulary_size - 4)
    if not 1 <= num_beams <= most:
        raise UserError(f"num_beams={num_beams}: must be from 1 to {most}")


def _log_probabilities(logits: Any) -> Any:
    """Compute log probabilities, in which padding, unknown and start never come."""
    # Before the softmax, so that the others still sum to 1; in float32, as float16 ends at 65504.
    never = _log_mask(logits.shape[-1], [PADDING, UNKNOWN, START])
    return ops.log_softmax(ops.cast(logits, "float32") + never, axis=-1)


def _log_mask(size: int, token_ids: list[int]) -> np.ndarray:
    """Return what is added to scores `(…, size)` so that some tokens never come."""
    mask = np.zeros((size,), np.float32)
    mask[token_ids] = _NEVER
    return mask


def _write(token_ids: Any, chosen: Any, index: Any) -> Any:
    """Write tokens `(…,)`, or the same token everywhere, at one index of the last axis of
    `(…, length)`.
    """
    here = ops.equal(ops.arange(token_ids.shape[-1]), index)
    chosen = chosen if isinstance(chosen, int) else ops.expand_dims(chosen, -1)
    return ops.where(here, chosen, token_ids)


def _select(rows: Any, indices: Any) -> Any:
    """Select of `(rows, many, length)` the beams `(rows, few)`."""
    return ops.take_along_axis(rows, ops.expand_dims(indices, -1), axis=1)
