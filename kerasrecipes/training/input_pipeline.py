"""Input pipeline: batches addressed by number, in the form that `model.fit` takes.

On the TensorFlow backend they come by `tf.data`: batches of arrays are gathered inside its graph,
and those of sequences, whose shape varies, have a signature that says what varies. Every other
backend takes them from a Python iterator. All deliver the same batches.
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
PREFETCH = 4


def train_batches(batches: Batches, epoch: int = 0, batch: int = 0) -> Any:
    """Return the batches from a position on, without end, in the form that suits the backend.

    Args:
        batches: of the training examples.
        epoch: the epoch to begin in.
        batch: the batch of that epoch to begin with.

    Returns:
        A `tf.data.Dataset` or a Python generator of `(x, y[, weight])`.
    """
    if keras.backend.backend() == "tensorflow":
        if isinstance(batches.examples, Arrays):
            return _graph_batches(batches, epoch, batch)
        if _is_ragged(batches):
            # Their signature is known, so no batch has to be drawn first to find it.
            ahead = 0 if _in_memory(batches) else PREFETCH
            return _dataset(batches, lambda: batches.stream(epoch, batch, ahead=ahead))
        return global_batches.as_dataset(batches.stream(epoch, batch, ahead=PREFETCH))
    return batches.stream(epoch, batch, ahead=0 if _in_memory(batches) else PREFETCH)


def epoch_batches(
    batches: Batches, strategy: Strategy, purpose: Purpose = "evaluate"
) -> dict[str, Any]:
    """Return each batch of one epoch once, in order, for any number of passes.

    Args:
        batches: of the examples to evaluate or predict.
        strategy: how the work is spread.
        purpose: `"evaluate"` or `"predict"`.

    Returns:
        The arguments `x` and `steps` of `evaluate` and `predict`.
    """

    def epoch() -> Iterator[Any]:
        return itertools.islice(batches.stream(), len(batches))

    x: Any
    on_tensorflow = keras.backend.backend() == "tensorflow"
    if strategy.num_replicas > 1:
        ragged = on_tensorflow and _is_ragged(batches)
        x = strategy.feed(_dataset(batches, epoch) if ragged else epoch, purpose)
    elif on_tensorflow and (_in_memory(batches) or _is_ragged(batches)):
        import tensorflow as tf

        x = train_batches(batches).take(len(batches))
        # `tf.data` does not know how many batches `flat_map` gives.
        x = x.apply(tf.data.experimental.assert_cardinality(len(batches)))
    else:
        # A `PyDataset` is read by number, so its files can be decoded in several threads.
        x = _EpochBatches(batches)
    return {"x": x, "steps": len(batches)}


def _is_ragged(batches: Batches) -> bool:
    """Return whether the batches' shapes vary, which their examples' signature describes."""
    return batches.examples.signature is not None


def _in_memory(batches: Batches) -> bool:
    ragged = _is_ragged(batches) and not batches.examples.prepared_ahead
    return isinstance(batches.examples, Arrays) or ragged


def _dataset(batches: Batches, begin: Callable[[], Iterator[Any]]) -> Any:
    """Return a `tf.data.Dataset` of ragged batches; Keras would guess shapes from the first two."""
    import tensorflow as tf

    signature = _specs(batches.examples.signature)
    return global_batches.plain(
        tf.data.Dataset.from_generator(begin, output_signature=signature).prefetch(2)
    )


class _EpochBatches(keras.utils.PyDataset):
    """Batches of one epoch by number, decoded in threads where examples are files."""

    def __init__(self, batches: Batches):
        super().__init__(workers=1 if _in_memory(batches) else PREFETCH)
        self.batches = batches
        # The plan of a stream has no end; these batches are asked for by number, so one epoch is
        # listed.
        self.plan = list(itertools.islice(batches.plan(), len(batches)))

    @property
    def num_batches(self) -> int:
        return len(self.batches)

    def __getitem__(self, number: int) -> tuple[Any, ...]:
        return self.batches.examples.take(self.plan[number])


def _specs(signature: Any) -> Any:
    """Convert `(shape, dtype)` within nested tuples and dictionaries to `tf.TensorSpec`."""
    import tensorflow as tf

    if isinstance(signature, dict):
        return {name: _specs(part) for name, part in signature.items()}
    # A pair of shape and dtype is a tuple too: the dtype tells it from a nested tuple.
    if isinstance(signature[1], np.dtype):
        return tf.TensorSpec(*signature)
    return tuple(_specs(part) for part in signature)


def _graph_batches(batches: Batches, first_epoch: int, first_batch: int) -> Any:
    import tensorflow as tf

    assert isinstance(batches.examples, Arrays)
    # A GPU's memory is for the model; `tf.data` gathers on the host in any case.
    with tf.device("/CPU:0"):
        columns = tf.nest.map_structure(tf.convert_to_tensor, batches.examples.columns)

    def take(order: tf.Tensor, number: tf.Tensor) -> Any:
        indices = order[number * batches.size : (number + 1) * batches.size]
        return tf.nest.map_structure(lambda column: tf.gather(column, indices), columns)

    def one_epoch(epoch: tf.Tensor) -> tf.data.Dataset:
        order = tf.numpy_function(
            lambda e: batches.order(int(e)).astype(np.int64), [epoch], tf.int64
        )
        # A NumPy function returns tensors of unknown shape.
        order.set_shape([len(batches.examples)])
        # Only the epoch in which a resumed training begins may leave out its first batches.
        start = tf.where(epoch == first_epoch, tf.constant(first_batch, tf.int64), 0)
        return tf.data.Dataset.range(start, len(batches)).map(lambda number: take(order, number))

    endless = tf.data.Dataset.range(first_epoch, np.iinfo(np.int64).max)
    return global_batches.plain(endless.flat_map(one_epoch).prefetch(2))
