"""Connectionist temporal classification (CTC): a loss for labels whose places are not known."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

BLANK = 0  # index of the symbol that stands for none, and of padding among labels
# Logit of what cannot be: finite, as a difference of two infinite ones is no number.
NEVER = -1e9


@keras.saving.register_keras_serializable(package="kerasrecipes")
class CTC(keras.losses.Loss):
    """Negative log probability of the labels, summed over all alignments with the frames.

    Its values are those of `keras.ops.ctc_loss` with the number of frames that each recording has.
    A frame of padding is one in which only the blank is possible, as `BlankPadding` makes them: it
    multiplies the probability of each alignment by 1. Where a recording has fewer frames than its
    labels need, no alignment exists and the loss would be infinite; Keras gives a large number
    instead, another one on each backend. Nothing can be learned from it, so it counts as 0.

    Args:
        reduction: as in `keras.losses.Loss`; the default is the mean over recordings.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent
        Neural Networks](https://www.cs.toronto.edu/~graves/icml_2006.pdf) (Graves et al., 2006)
    """

    def __init__(
        self, reduction: str = "sum_over_batch_size", name: str = "ctc", dtype: Any = None
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each recording.

        Args:
            y_true: labels from 1 on, `(batch, longest)`, padded with 0.
            y_pred: logits, `(batch, frames, symbols)`, that of the blank first.

        Returns:
            `(batch,)`, at least 0.
        """
        labels = ops.cast(y_true, "int32")
        lengths = ops.sum(ops.cast(ops.not_equal(labels, BLANK), "int32"), axis=1)
        frames = ops.full_like(lengths, 1) * ops.shape(y_pred)[1]
        loss = ops.ctc_loss(labels, y_pred, lengths, frames, mask_index=BLANK)
        possible = frames_needed(labels) <= real_frames(y_pred)
        # Rounding leaves a loss near 0 below it on JAX.
        return ops.where(possible, ops.maximum(loss, 0.0), ops.zeros_like(loss))


def real_frames(logits: Any) -> Any:
    """Count the frames of each recording that are no padding.

    Args:
        logits: `(batch, frames, symbols)`, in padding only the blank's above `NEVER`.

    Returns:
        `(batch,)` int32.
    """
    return ops.sum(ops.cast(logits[..., -1] > NEVER / 2, "int32"), axis=1)


def frames_needed(labels: Any) -> Any:
    """Count the frames that labels need: one each, and a blank between two that are the same.

    Args:
        labels: `(batch, longest)` int32, padded with 0.

    Returns:
        `(batch,)` int32.
    """
    real = ops.not_equal(labels, BLANK)
    same = ops.logical_and(ops.equal(labels[:, 1:], labels[:, :-1]), real[:, 1:])
    counts = [ops.sum(ops.cast(mask, "int32"), axis=1) for mask in (real, same)]
    return counts[0] + counts[1]
