"""Global batches in the forms that Keras takes them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np

Batch: TypeAlias = tuple[Any, ...]

if TYPE_CHECKING:
    import tensorflow as tf

    GlobalBatches: TypeAlias = (
        tf.data.Dataset | keras.utils.PyDataset | Iterator[Batch] | Callable[[], Iterator[Batch]]
    )


class Restartable(keras.utils.PyDataset):
    """Batches of an iterator that begins anew whenever batch 0 is asked for.

    Args:
        begin: returns a new iterator.
    """

    def __init__(self, begin: Callable[[], Iterator[Batch]]):
        super().__init__()
        self._begin = begin
        self._iterator: Iterator[Batch] = iter(())
        self._next = 0

    @property
    def num_batches(self) -> None:
        """None: the caller passes the number of steps."""
        return None

    def __getitem__(self, index: int) -> Batch:
        """Return the batch after the previous one; there is no other order.

        Raises:
            IndexError: if it is not the next one's turn.
        """
        # Each pass of Keras begins with batch 0.
        if index == 0:
            self._iterator, self._next = iter(self._begin()), 0
        if index != self._next:
            raise IndexError(
                f"batches come one after another: expected {self._next}, received {index}"
            )
        self._next += 1
        return trimmed(next(self._iterator))


def restartable(begin: Callable[[], Iterator[Batch]]) -> Restartable:
    """Return batches that Keras takes any number of times."""
    return Restartable(lambda: endless(begin))


def endless(begin: Callable[[], Iterator[Batch]]) -> Iterator[Batch]:
    """Chain new iterators without end."""
    return itertools.chain.from_iterable(iter(begin, None))


def trimmed(batch: Any) -> Batch:
    """Drop trailing Nones of a batch, which stand for missing labels or sample weights."""
    batch = tuple(batch) if isinstance(batch, (tuple, list)) else (batch,)
    while batch and batch[-1] is None:
        batch = batch[:-1]
    return batch


def function_of(batches: Any) -> Any:
    """Return a function that returns an iterator over a `PyDataset`; other batches as they are."""
    if not isinstance(batches, keras.utils.PyDataset):
        return batches
    count = batches.num_batches
    numbers = itertools.count if count is None else lambda: range(count)
    return lambda: (batches[number] for number in numbers())


def for_one_device(batches: Any) -> Any:
    """Bring global batches to a form that `fit` takes, on one device."""
    if callable(batches):
        return restartable(batches)
    if isinstance(batches, Iterator):
        # Keras knows generators alone.
        return (trimmed(batch) for batch in batches)
    return batches


def as_dataset(batches: Any) -> tf.data.Dataset:
    """Return global batches as a `tf.data.Dataset`, with the signature of the first two."""
    import tensorflow as tf

    if isinstance(batches, tf.data.Dataset):
        return batches
    batches = function_of(batches)
    if callable(batches):
        begin, first = batches, list(itertools.islice(batches(), 2))
    else:
        # An iterator cannot begin anew: what was taken for the signature is put back in front.
        first = list(itertools.islice(batches, 2))
        whole = itertools.chain(first, batches)
        begin = lambda: whole  # noqa: E731
    first = [trimmed(batch) for batch in first]
    # An epoch of one batch is compared with itself.
    signature = tf.nest.map_structure(_spec, *(first if len(first) == 2 else first * 2))
    return plain(
        tf.data.Dataset.from_generator(lambda: map(trimmed, begin()), output_signature=signature)
    )


def plain(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """Switch off autotuning and sharding of a `tf.data.Dataset`.

    There is nothing to tune, and closing a dataset waits until its tuner wakes up again: trainings
    of 2.8 seconds ended after 5.1.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    return dataset.with_options(options)


def _spec(one: Any, other: Any) -> tf.TensorSpec:
    import tensorflow as tf

    one, other = np.asarray(one), np.asarray(other)
    inner = [a if a == b else None for a, b in zip(one.shape[1:], other.shape[1:], strict=True)]
    # The number of rows is unknown in any case: the last batch may be smaller.
    return tf.TensorSpec([None, *inner], one.dtype)
