"""Sequences with a mask as sequences whose steps that count all come first: a loop over time then
needs no mask.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf


def mask_of(mask: Any) -> Any:
    """Bring a mask to `(batch, time)`, true where a step counts; of several inputs' masks the first
    counts.
    """
    if isinstance(mask, (list, tuple)):
        mask = mask[0]
    if mask is None:
        return None
    mask = tf.cast(mask, tf.bool)
    return tf.squeeze(mask, -1) if mask.shape.rank == 3 else mask


@dataclass(frozen=True)
class Masked:
    """The way from a sequence to one with all steps that count first, and back.

    What is filled up at its end, as batches of text are, needs no sorting; a mask with gaps does.

    Args:
        mask: `(batch, time)`, true where a step counts.
        backwards: whether the last step is read first; outputs are then in the order of reading, as
            Keras has it.
    """

    mask: Any
    backwards: bool

    @property
    def lengths(self) -> Any:
        """How many steps of each row count, `(batch,)`."""
        return tf.reduce_sum(tf.cast(self.mask, tf.int32), axis=1)

    @property
    def read(self) -> Any:
        """The mask in the order of reading."""
        return tf.reverse(self.mask, [1]) if self.backwards else self.mask

    def _branch(self, plain: Any, sorted_: Any) -> Any:
        """Do one where every row is filled up at its end, the other where not."""
        filled_up = tf.sequence_mask(self.lengths, tf.shape(self.mask)[1])
        return tf.cond(tf.reduce_all(tf.equal(self.mask, filled_up)), plain, sorted_)

    def together(self, sequences: Any) -> Any:
        """Put the steps that count first, in the order of reading, `(batch, time, features)`."""

        def plain():
            return (
                tf.reverse_sequence(sequences, self.lengths, seq_axis=1)
                if self.backwards
                else sequences
            )

        def sorted_():
            order = tf.argsort(tf.cast(~self.read, tf.int32), axis=1, stable=True)
            return tf.gather(
                tf.reverse(sequences, [1]) if self.backwards else sequences, order, batch_dims=1
            )

        return tf.ensure_shape(self._branch(plain, sorted_), sequences.shape)

    def last(self, states: Sequence[Any], first: Sequence[Any]) -> list[Any]:
        """Give the state after the last step that counts, or the first state where none does.

        Args:
            states: `(time, batch, units)` each.
            first: `(batch, units)` each.
        """
        places = tf.stack(
            [tf.maximum(self.lengths - 1, 0), tf.range(tf.shape(self.mask)[0])], axis=1
        )
        some = (self.lengths > 0)[:, None]
        return [
            tf.where(some, tf.gather_nd(x, places), start)
            for x, start in zip(states, first, strict=False)
        ]

    def apart(self, outputs: Any, last: Any, zero: bool) -> Any:
        """Put outputs where their steps were read.

        Args:
            outputs: `(batch, time, units)`, those of the steps that count first.
            last: `(batch, units)`, the last of them.
            zero: whether other steps have zeros, or the output before.

        Returns:
            `(batch, time, units)`, in the order of reading.
        """
        read = self.read[..., None]

        def plain():
            if not self.backwards:
                return tf.where(read, outputs, tf.zeros_like(outputs) if zero else last[:, None])
            moved = tf.reverse(tf.reverse_sequence(outputs, self.lengths, seq_axis=1), [1])
            return tf.where(read, moved, tf.zeros_like(outputs))

        def sorted_():
            done = tf.cumsum(tf.cast(self.read, tf.int32), axis=1)  # steps that counted so far
            moved = tf.gather(outputs, tf.maximum(done - 1, 0), batch_dims=1)
            return tf.where(read if zero else done[..., None] > 0, moved, tf.zeros_like(moved))

        return tf.ensure_shape(self._branch(plain, sorted_), outputs.shape)
