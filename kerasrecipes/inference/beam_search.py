"""Greedy and beam search, in one compiled graph with carried state, for batches.

A model is a function `step(tokens, state) -> (logits, state)`: the last token of each row to the
logits of the next. Each step costs the same, however long the prefix is, and nothing leaves the
device before the last one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from kerasrecipes.data.text.tokenizer import END, PADDING, START, UNKNOWN
from kerasrecipes.errors import UserError

Step = Callable[[Any, Any], tuple[Any, Any]]

_NEVER = -1e9


def greedy(step: Step, state: Any, rows: Any, max_length: int) -> tuple[Any, Any]:
    """Take the likeliest token at each step.

    Args:
        step: `step(tokens (rows,), state) -> (logits (rows, vocabulary), state)`.
        state: nested tuples of tensors, with the rows as first axis.
        rows: how many texts are decoded together.
        max_length: tokens at most.

    Returns:
        Tokens `(rows, max_length)`, padded after the end token, and the logarithm of their
        probability, `(rows,)`.
    """

    def over(last: Any) -> Any:
        return ops.logical_or(ops.equal(last, END), ops.equal(last, PADDING))

    def go_on(number: Any, last: Any, *_: Any) -> Any:
        return ops.logical_and(number < max_length, ops.logical_not(ops.all(over(last))))

    def take(number: Any, last: Any, found: Any, score: Any, state: Any) -> tuple[Any, ...]:
        logits, state = step(last, state)
        chances = _log_probabilities(logits)
        ended = over(last)
        chosen = ops.where(ended, PADDING, ops.cast(ops.argmax(chances, axis=-1), "int32"))
        score = score + ops.where(ended, 0.0, ops.max(chances, axis=-1))
        return number + 1, chosen, _written(found, chosen, number), score, state

    start = ops.full((rows,), START, dtype="int32")
    empty = ops.zeros((rows, max_length), dtype="int32")
    given = (ops.convert_to_tensor(0), start, empty, ops.zeros((rows,), dtype="float32"), state)
    _, _, found, score, _ = ops.while_loop(go_on, take, given)
    return found, score


def beam(
    step: Step, state: Any, rows: Any, max_length: int, *, beams: int, length_penalty: float = 0.6
) -> tuple[Any, Any]:
    """Keep the `beams` likeliest beginnings at each step, and the `beams` best of those that have
    ended.

    What has ended is judged by its log probability divided by
    `((5 + length) / 6) ** length_penalty`, for else short texts win. Of a text that has not ended
    after `max_length` tokens its likeliest beginning is given.

    Args:
        step: as in `greedy`, for `rows * beams` rows: those of one text stand together.
        state: likewise.
        rows: how many texts are decoded together.
        max_length: tokens at most.
        beams: how many beginnings are kept.
        length_penalty: how strongly length is made up for; 0 is not at all, 1 judges by the mean.

    Returns:
        Tokens `(rows, max_length)` of the best, padded after the end token, and its score,
        `(rows,)`.

    Reference:
        [Google's Neural Machine Translation System](https://arxiv.org/abs/1609.08144) (Wu et al.,
        2016)
    """
    penalty = partial(_penalty, strength=length_penalty)

    def go_on(
        number: Any, _last: Any, _found: Any, alive: Any, _ended: Any, best: Any, _state: Any
    ) -> Any:
        # What is alive can at best go on without loss; where that is worse than what has ended,
        # nothing changes.
        hope = alive[:, 0] / penalty(max_length)
        return ops.logical_and(number < max_length, ops.any(hope > best[:, -1]))

    def take(
        number: Any, last: Any, found: Any, alive: Any, ended: Any, best: Any, state: Any
    ) -> tuple[Any, ...]:
        logits, state = step(ops.reshape(last, (-1,)), state)
        chances = ops.reshape(_log_probabilities(logits), (rows, beams, logits.shape[-1]))
        total = ops.expand_dims(alive, -1) + chances  # (rows, beams, vocabulary)
        over = total[..., END] / penalty(number + 1)
        candidates = ops.concatenate([ended, _written_end(found, number)], axis=1)
        best, places = ops.top_k(ops.concatenate([best, over], axis=1), beams)
        ended = _picked(candidates, places)
        alive, places = ops.top_k(ops.reshape(_without_end(total), (rows, -1)), beams)
        parent, last = places // logits.shape[-1], ops.cast(places % logits.shape[-1], "int32")
        found = _written(_picked(found, parent), last, number)
        flat = ops.reshape(
            parent + beams * ops.expand_dims(ops.arange(rows, dtype=parent.dtype), 1), (-1,)
        )
        state = keras.tree.map_structure(lambda part: ops.take(part, flat, axis=0), state)
        return number + 1, last, found, alive, ended, best, state

    empty = ops.zeros((rows, beams, max_length), dtype="int32")
    start = ops.full((rows, beams), START, dtype="int32")
    only = ops.concatenate(
        [ops.zeros((1,)), ops.full((beams - 1,), _NEVER)]
    )  # all beams are the same at first
    alive = ops.cast(ops.tile(ops.expand_dims(only, 0), (rows, 1)), "float32")
    never = ops.full((rows, beams), 2 * _NEVER, dtype="float32")
    given = (ops.convert_to_tensor(0), start, empty, alive, empty, never, state)
    _, _, found, alive, ended, best, _ = ops.while_loop(go_on, take, given)
    finished = best[:, :1] > _NEVER
    score = ops.where(finished[:, 0], best[:, 0], alive[:, 0] / penalty(max_length))
    return ops.where(finished, ended[:, 0], found[:, 0]), score


def search(
    step: Step, state: Any, rows: Any, max_length: int, beams: int = 1, length_penalty: float = 0.6
) -> tuple[Any, Any]:
    """Decode by `greedy`, or with several beams by `beam`."""
    if beams == 1:
        return greedy(step, state, rows, max_length)
    return beam(step, state, rows, max_length, beams=beams, length_penalty=length_penalty)


def repeated(tree: Any, beams: int) -> Any:
    """Repeat each row of all tensors, so that those of one text stand together."""
    return (
        keras.tree.map_structure(lambda part: ops.repeat(part, beams, axis=0), tree)
        if beams > 1
        else tree
    )


def checked(beams: int, vocabulary_size: int) -> int:
    """Refuse a number of beams that cannot be.

    Raises:
        UserError: if there are none, or more than tokens to begin with.
    """
    most = min(64, vocabulary_size - 4)
    if not 1 <= beams <= most:
        raise UserError(f"beam={beams}: must be from 1 to {most}")
    return beams


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function of integer arrays `(batch, time)` and tuples of such; its result comes
    back as NumPy arrays.

    On the TensorFlow backend one graph serves every shape; on JAX each shape is compiled once.
    """
    if keras.backend.backend() == "jax":
        import jax

        fast = jax.jit(function)
    else:
        import tensorflow as tf

        fast = tf.function(
            function, input_signature=[tf.TensorSpec((None, None), tf.int32)], autograph=False
        )
    return lambda array: keras.tree.map_structure(np.asarray, fast(array))


def _log_probabilities(logits: Any) -> Any:
    """Give logarithms of probabilities; padding, unknown and start are never said."""
    size = logits.shape[-1]
    never = np.zeros((size,), np.float32)
    never[[PADDING, UNKNOWN, START]] = _NEVER
    return ops.log_softmax(ops.cast(logits, "float32") + never, axis=-1)


def _penalty(length: Any, strength: float) -> Any:
    return ((5.0 + ops.cast(length, "float32")) / 6.0) ** strength


def _written(found: Any, chosen: Any, number: Any) -> Any:
    """Write tokens `(…,)` at one place of the last axis of `(…, length)`."""
    here = ops.equal(ops.arange(found.shape[-1]), number)
    return ops.where(here, ops.expand_dims(chosen, -1), found)


def _written_end(found: Any, number: Any) -> Any:
    return _written(found, ops.full_like(found[..., 0], END), number)


def _without_end(total: Any) -> Any:
    never = np.zeros((total.shape[-1],), np.float32)
    never[END] = _NEVER
    return total + never


def _picked(rows: Any, places: Any) -> Any:
    """Pick of `(rows, many, length)` the places `(rows, few)`."""
    return ops.take_along_axis(rows, ops.expand_dims(places, -1), axis=1)
