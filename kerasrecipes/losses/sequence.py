"""Cross-entropy of sequences of token ids."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SequenceCrossentropy(keras.losses.Loss):
    """Cross-entropy of token numbers and logits, with label smoothing.

    Of the label's probability `label_smoothing` is spread over the whole vocabulary; the loss then
    is `log Σ exp(z) - (1 - ε) z[label] - ε mean(z)`.

    Args:
        label_smoothing: ε.
        reduction: as in `keras.losses.Loss`; the default divides by the sum of the weights, so that
            padding, whose weight is 0, does not make a loss look small.
        name: of the loss.

    Reference:
        [Rethinking the Inception Architecture for Computer
        Vision](https://arxiv.org/abs/1512.00567) (Szegedy et al., 2016)
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        reduction: str = "mean_with_sample_weight",
        name: str = "sequence_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.label_smoothing = label_smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Give each token's loss, `(batch, time)`."""
        if not self.label_smoothing:
            return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        # Whole rows of labels are cheaper than the sum of the three terms, for one fused operation
        # takes them.
        size = y_pred.shape[-1]
        labels = ops.one_hot(ops.cast(y_true, "int32"), size, dtype=y_pred.dtype)
        labels = (
            labels * (1 - self.label_smoothing) + self.label_smoothing / size
        )  # (batch, time, size)
        return ops.categorical_crossentropy(labels, y_pred, from_logits=True)

    def get_config(self) -> dict[str, Any]:
        """Give the arguments."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
