"""How numbered batches reach `model.fit`.

On the TensorFlow backend they come by tf.data: batches of arrays are gathered inside its graph, and
those of sequences, whose shape varies, reach it with a signature that says what varies. Every other
backend takes them from a Python iterator. All give the same batches.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Arrays
from kerasrecipes.strategies import global_batches
from kerasrecipes.strategies.base import Purpose, Strategy

# Batches decoded ahead of the device, where examples are files.
AHEAD = 4


def stream(batches: Batches, epoch: int = 0, batch: int = 0) -> Any:
    """Give batch after batch from a position on, without end, in the form that the backend likes
    best.

    Args:
        batches: what to give.
        epoch: the epoch to begin in.
        batch: the batch of that epoch to begin with.

    Returns:
        A `tf.data.Dataset` or a Python generator of `(x, y[, weight])`.
    """
    if keras.backend.backend() == "tensorflow":
        if isinstance(batches.examples, Arrays):
            return _graph_stream(batches, epoch, batch)
        if _varies(batches):
            return _dataset(batches, lambda: batches.stream(epoch, batch))
        return global_batches.as_dataset(batches.stream(epoch, batch, ahead=AHEAD))
    return batches.stream(epoch, batch, ahead=0 if _in_memory(batches) else AHEAD)


def once(batches: Batches, strategy: Strategy, purpose: Purpose = "evaluate") -> dict[str, Any]:
    """Give each batch of an epoch once, in order, as often as it is asked for.

    Args:
        batches: what to give.
        strategy: how the work is spread.
        purpose: `"evaluate"` or `"predict"`.

    Returns:
        `x` and `steps` for `evaluate` and `predict`.
    """

    def epoch() -> Iterator[Any]:
        return itertools.islice(batches.stream(), len(batches))

    if strategy.num_replicas == 1:
        return {"x": _once(batches), "steps": len(batches)}
    rows = (
        _dataset(batches, epoch)
        if _varies(batches) and keras.backend.backend() == "tensorflow"
        else epoch
    )
    return {"x": strategy.feed(rows, purpose), "steps": len(batches)}


def _once(batches: Batches) -> Any:
    if keras.backend.backend() == "tensorflow" and (
        isinstance(batches.examples, Arrays) or _varies(batches)
    ):
        import tensorflow as tf

        given = stream(batches).take(len(batches))
        return given.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return _Once(batches)


def _varies(batches: Batches) -> bool:
    """Whether the batches' shapes vary, and their examples tell how."""
    return batches.examples.signature is not None


def _in_memory(batches: Batches) -> bool:
    return isinstance(batches.examples, Arrays) or _varies(batches)


def _dataset(batches: Batches, begin: Callable[[], Iterator[Any]]) -> Any:
    """Make a `tf.data.Dataset` of batches of varying shape; Keras would guess it from the first
    two.
    """
    import tensorflow as tf

    signature = _specs(batches.examples.signature)
    return global_batches.plain(
        tf.data.Dataset.from_generator(begin, output_signature=signature).prefetch(2)
    )


class _Once(keras.utils.PyDataset):
    """Batches by number, decoded in threads where examples are files."""

    def __init__(self, batches: Batches):
        super().__init__(workers=1 if _in_memory(batches) else AHEAD)
        self.batches = batches
        self.plan = list(itertools.islice(batches.plan(), len(batches)))

    @property
    def num_batches(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        return self.batches.examples.take(self.plan[number])


def _specs(signature: Any) -> Any:
    """Turn `(shape, dtype)` within nested tuples and dictionaries into TensorFlow's
    specifications.
    """
    import tensorflow as tf

    if isinstance(signature, dict):
        return {name: _specs(part) for name, part in signature.items()}
    if isinstance(signature[1], np.dtype):
        return tf.TensorSpec(*signature)
    return tuple(_specs(part) for part in signature)


def _graph_stream(batches: Batches, first_epoch: int, first_batch: int) -> Any:
    import tensorflow as tf

    with tf.device("/CPU:0"):
        columns = tf.nest.map_structure(tf.convert_to_tensor, batches.examples.columns)

    def take(order, number):
        numbers = order[number * batches.size : (number + 1) * batches.size]
        return tf.nest.map_structure(lambda column: tf.gather(column, numbers), columns)

    def one_epoch(epoch):
        order = tf.numpy_function(
            lambda e: batches.order(int(e)).astype(np.int64), [epoch], tf.int64
        )
        order.set_shape([len(batches.examples)])
        start = tf.where(epoch == first_epoch, tf.constant(first_batch, tf.int64), 0)
        return tf.data.Dataset.range(start, len(batches)).map(lambda number: take(order, number))

    endless = tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
    return global_batches.plain(endless.flat_map(one_epoch).prefetch(2))
