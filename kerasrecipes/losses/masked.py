"""Cross-entropy of entries of which some have no class."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class MaskedCrossentropy(keras.losses.Loss):
    """Cross-entropy of class indices and probabilities, over the entries that have a class.

    Its values are those of `keras.losses.SparseCategoricalCrossentropy(ignore_class=…)`, and its
    gradients are finite in every release of Keras. On JAX those of Keras's own loss are NaN in
    3.10 to 3.13: an ignored entry's probabilities become zeros, which are divided by their sum.

    Args:
        ignore_class: label of the entries that do not count.
        reduction: as in `keras.losses.Loss`; the default is the mean over the entries that count.
        name: name of the loss.
        dtype: as in `keras.losses.Loss`.
    """

    def __init__(
        self,
        ignore_class: int = -1,
        reduction: str = "sum_over_batch_size",
        name: str = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.ignore_class = ignore_class

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each entry.

        Args:
            y_true: class indices, `(batch, …)`.
            y_pred: probabilities, `(batch, …, classes)`.

        Returns:
            `(batch, …)`, zero where the entry does not count.
        """
        # The softmax of logarithms is the probabilities again, and that of an ignored entry's zeros
        # is a number, where a division by their sum is none.
        logits = ops.log(ops.maximum(y_pred, keras.config.epsilon()))
        return keras.losses.sparse_categorical_crossentropy(
            y_true, logits, from_logits=True, ignore_class=self.ignore_class
        )

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "ignore_class": self.ignore_class}
