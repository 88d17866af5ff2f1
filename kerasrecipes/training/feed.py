"""How numbered batches reach `model.fit`.

On the TensorFlow backend batches of arrays are gathered inside tf.data's graph; everything else, and every
other backend, takes them from a Python iterator. Both give the same batches.
"""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np

from kerasrecipes.data.examples import Arrays, Batches
from kerasrecipes.strategies.base import Purpose, Strategy

# Batches decoded ahead of the device, where examples are files.
AHEAD = 4


def stream(batches: Batches, epoch: int = 0, batch: int = 0) -> Any:
    """Give batch after batch from a position on, without end, in the form that the backend likes best.

    Args:
        batches: what to give.
        epoch: the epoch to begin in.
        batch: the batch of that epoch to begin with.

    Returns:
        A `tf.data.Dataset` or a Python generator of `(x, y[, weight])`.
    """
    in_memory = isinstance(batches.examples, Arrays)
    if in_memory and keras.backend.backend() == "tensorflow":
        return _graph_stream(batches, epoch, batch)
    return batches.stream(epoch, batch, ahead=0 if in_memory else AHEAD)


def once(batches: Batches, strategy: Strategy, purpose: Purpose = "evaluate") -> dict[str, Any]:
    """Give each batch of an epoch once, in order, as often as it is asked for.

    Args:
        batches: what to give.
        strategy: how the work is spread.
        purpose: `"evaluate"` or `"predict"`.

    Returns:
        `x` and `steps` for `evaluate` and `predict`.
    """
    if strategy.num_replicas == 1:
        return {"x": _once(batches), "steps": len(batches)}
    rows = functools.partial(map, lambda number: batches[0, number], range(len(batches)))
    return {"x": strategy.feed(rows, purpose), "steps": len(batches)}


def _once(batches: Batches) -> Any:
    if isinstance(batches.examples, Arrays) and keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        endless = _graph_stream(batches, 0, 0)
        return endless.take(len(batches)).apply(tf.data.experimental.assert_cardinality(len(batches)))
    return _Once(batches)


class _Once(keras.utils.PyDataset):
    """Batches by number, decoded in threads where examples are files."""

    def __init__(self, batches: Batches):
        super().__init__(workers=1 if isinstance(batches.examples, Arrays) else AHEAD)
        self.batches = batches

    @property
    def num_batches(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        return self.batches[0, number]


def _graph_stream(batches: Batches, first_epoch: int, first_batch: int) -> Any:
    import tensorflow as tf

    with tf.device("/CPU:0"):
        columns = tf.nest.map_structure(tf.convert_to_tensor, batches.examples.columns)

    def take(order, number):
        numbers = order[number * batches.size : (number + 1) * batches.size]
        return tf.nest.map_structure(lambda column: tf.gather(column, numbers), columns)

    def one_epoch(epoch):
        order = tf.numpy_function(lambda e: batches.order(int(e)).astype(np.int64), [epoch], tf.int64)
        order.set_shape([len(batches.examples)])
        start = tf.where(epoch == first_epoch, tf.constant(first_batch, tf.int64), 0)
        return tf.data.Dataset.range(start, len(batches)).map(lambda number: take(order, number))

    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    endless = tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
    return endless.flat_map(one_epoch).prefetch(2).with_options(options)
