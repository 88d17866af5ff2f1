"""Moves unmasked steps to the front of a sequence, so that the loop over time needs no mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


def time_mask(mask: Any) -> Any:
    """Return a layer's mask as `(batch, time)`, true where a step counts; `None` for no mask.

    Of the masks of several inputs the first counts, as in Keras.
    """
    if isinstance(mask, (list, tuple)):
        mask = mask[0]
    if mask is None:
        return None
    mask = tf.cast(mask, tf.bool)
    return tf.squeeze(mask, -1) if mask.shape.rank == 3 else mask


@dataclass(frozen=True)
class Packing:
    """Packs sequences, unmasked steps first in the order of reading, and unpacks the outputs.

    Sequences that are padded at their end, as batches of text are, need no sorting; a mask with
    gaps does.

    Args:
        mask: `(batch, time)`, true where a step counts.
        go_backwards: whether the last step is read first; outputs are then in the order of reading,
            as in Keras.
    """

    mask: Any
    go_backwards: bool

    @property
    def lengths(self) -> Any:
        """Number of unmasked steps of each row, `(batch,)`."""
        return tf.reduce_sum(tf.cast(self.mask, tf.int32), axis=1)

    @property
    def read(self) -> Any:
        """Mask in the order of reading, `(batch, time)`."""
        return tf.reverse(self.mask, [1]) if self.go_backwards else self.mask

    def _branch(self, padded: Any, with_gaps: Any) -> Any:
        """Call one function where every row is padded at its end, the other elsewhere."""
        at_end = tf.sequence_mask(self.lengths, tf.shape(self.mask)[1])
        return tf.cond(tf.reduce_all(tf.equal(self.mask, at_end)), padded, with_gaps)

    def pack(self, sequences: Any) -> Any:
        """Move the unmasked steps to the front, in the order of reading.

        Args:
            sequences: `(batch, time, features)`.

        Returns:
            `(batch, time, features)`.
        """

        def padded() -> Any:
            if not self.go_backwards:
                return sequences
            return tf.reverse_sequence(sequences, self.lengths, seq_axis=1)

        def with_gaps() -> Any:
            order = tf.argsort(tf.cast(~self.read, tf.int32), axis=1, stable=True)
            read = tf.reverse(sequences, [1]) if self.go_backwards else sequences
            return tf.gather(read, order, batch_dims=1)

        return tf.ensure_shape(self._branch(padded, with_gaps), sequences.shape)

    def last_states(self, states: Sequence[Any], first: Sequence[Any]) -> list[Any]:
        """Select the states after the last unmasked step, or the first ones where there is none.

        Args:
            states: `(time, batch, units)` each, of packed sequences.
            first: `(batch, units)` each.

        Returns:
            `(batch, units)` each.
        """
        last = tf.maximum(self.lengths - 1, 0)
        indices = tf.stack([last, tf.range(tf.shape(self.mask)[0])], axis=1)
        some = (self.lengths > 0)[:, None]
        return [
            tf.where(some, tf.gather_nd(x, indices), start)
            for x, start in zip(states, first, strict=False)
        ]

    def unpack(self, outputs: Any, last: Any, zero: bool) -> Any:
        """Move outputs back to where their steps were read.

        Args:
            outputs: `(batch, time, units)`, of packed sequences.
            last: `(batch, units)`, the last of them.
            zero: whether masked steps have zeros, or the output before.

        Returns:
            `(batch, time, units)`, in the order of reading.
        """
        read = self.read[..., None]

        def padded() -> Any:
            if not self.go_backwards:
                return tf.where(read, outputs, tf.zeros_like(outputs) if zero else last[:, None])
            # Read backwards, padding comes first, and there is no output before it.
            moved = tf.reverse(tf.reverse_sequence(outputs, self.lengths, seq_axis=1), [1])
            return tf.where(read, moved, tf.zeros_like(outputs))

        def with_gaps() -> Any:
            done = tf.cumsum(tf.cast(self.read, tf.int32), axis=1)  # unmasked steps so far
            moved = tf.gather(outputs, tf.maximum(done - 1, 0), batch_dims=1)
            return tf.where(read if zero else done[..., None] > 0, moved, tf.zeros_like(moved))

        return tf.ensure_shape(self._branch(padded, with_gaps), outputs.shape)
