"""Losses of a class for every pixel, of which some are ignored."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

Kind = Literal["crossentropy", "dice", "focal", "crossentropy_dice"]


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PixelLoss(keras.losses.Loss):
    """Loss of class indices and probabilities, over the pixels of an image that have a class.

    - `crossentropy`: the mean over pixels; a class of few pixels counts little.
    - `focal`: cross-entropy times `(1 - p) ** gamma`, so that pixels which are sure count little.
    - `dice`: 1 minus the mean over the image's classes of `2 Σ p y / (Σ p + Σ y)`, in which a class
      of few pixels counts as much as another.
    - `crossentropy_dice`: the sum of both.

    Args:
        kind: which of these.
        gamma: exponent of `focal`.
        ignored: label of the pixels that do not count.
        reduction: as in `keras.losses.Loss`; the default is the mean over images.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

    Reference:
        [V-Net](https://arxiv.org/abs/1606.04797) (Milletari et al., 2016) for dice, [Focal Loss for
        Dense Object Detection](https://arxiv.org/abs/1708.02002) (Lin et al., 2017)
    """

    def __init__(
        self,
        kind: Kind = "crossentropy",
        gamma: float = 2.0,
        ignored: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str = "pixel_loss",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.kind, self.gamma, self.ignored = kind, gamma, ignored

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each image.

        Args:
            y_true: class indices, `(batch, height, width)`.
            y_pred: probabilities, `(batch, height, width, classes)`.

        Returns:
            `(batch,)`; zero of an image without pixels that count.
        """
        labels = ops.cast(y_true, "int32")
        there = ops.not_equal(labels, self.ignored)
        counts = ops.cast(there, y_pred.dtype)
        truth = ops.one_hot(
            ops.where(there, labels, 0), y_pred.shape[-1], dtype=y_pred.dtype
        ) * ops.expand_dims(counts, -1)
        found = ops.zeros_like(counts[:, 0, 0])
        if self.kind in ("crossentropy", "focal", "crossentropy_dice"):
            found = found + self._entropy(truth, y_pred, counts)
        if self.kind in ("dice", "crossentropy_dice"):
            found = found + _dice(truth, y_pred * ops.expand_dims(counts, -1))
        return found

    def _entropy(self, truth: Any, predicted: Any, counts: Any) -> Any:
        right = ops.sum(truth * predicted, axis=-1)  # (batch, height, width)
        # Of an ignored pixel it is 0, whose logarithm must not be taken.
        right = ops.maximum(right, keras.config.epsilon())
        entropy = -ops.log(right) * counts
        if self.kind == "focal":
            entropy = entropy * (1 - right) ** self.gamma
        return ops.sum(entropy, axis=(1, 2)) / ops.maximum(ops.sum(counts, axis=(1, 2)), 1)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"kind": self.kind, "gamma": self.gamma, "ignored": self.ignored}
        return {**super().get_config(), **own}


def _dice(truth: Any, predicted: Any) -> Any:
    both = 2 * ops.sum(truth * predicted, axis=(1, 2))  # (batch, classes)
    sizes = ops.sum(truth, axis=(1, 2))
    ratio = (both + 1) / (sizes + ops.sum(predicted, axis=(1, 2)) + 1)
    # A class that the image does not have would count as missed however little was predicted of it.
    present = ops.cast(sizes > 0, truth.dtype)
    classes = ops.sum(present, axis=-1)
    mean = ops.sum(ratio * present, axis=-1) / ops.maximum(classes, 1)
    return ops.where(classes > 0, 1 - mean, 0.0)
