"""Cross-entropy of sequences of token ids."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class SequenceCrossentropy(keras.losses.Loss):
    """Cross-entropy of token ids and logits, with label smoothing.

    The probability `label_smoothing` is taken from the label and spread evenly over the vocabulary;
    the loss then is `log Σ exp(z) - (1 - ε) z[label] - ε mean(z)`.

    Args:
        label_smoothing: ε, probability that is spread over the vocabulary.
        reduction: as in `keras.losses.Loss`; the default divides by the sum of the sample weights,
            so that padding, whose weight is 0, does not make a loss look small.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.

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
        """Compute the loss of each token.

        Args:
            y_true: token ids, `(batch, time)`.
            y_pred: logits, `(batch, time, vocabulary_size)`.

        Returns:
            `(batch, time)`.
        """
        if not self.label_smoothing:
            return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        # One fused operation takes whole rows of labels, which is cheaper than the sum of the three
        # terms.
        size = y_pred.shape[-1]
        labels = ops.one_hot(ops.cast(y_true, "int32"), size, dtype=y_pred.dtype)
        # (batch, time, vocabulary_size)
        labels = labels * (1 - self.label_smoothing) + self.label_smoothing / size
        return ops.categorical_crossentropy(labels, y_pred, from_logits=True)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "label_smoothing": self.label_smoothing}
