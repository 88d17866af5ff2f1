"""Share of images whose nearest other in the batch is of the same identity."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class NearestAccuracy(keras.metrics.Mean):
    """Share of the images of a batch, of those with another of their identity, that are nearest to
    one of them.

    Args:
        name: name of the metric.
        dtype: as in `keras.metrics.Metric`.
    """

    def __init__(self, name: str = "nearest_accuracy", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: identities, `(batch,)` or `(batch, 1)`.
            y_pred: unit vectors, `(batch, dimension)`.
            sample_weight: of the images, `(batch,)`.

        Returns:
            What Keras's mean returns.
        """
        y_pred = ops.cast(y_pred, "float32")
        same, other = pairs(y_true, "float32")
        cosines = ops.where(same + other > 0, ops.matmul(y_pred, ops.transpose(y_pred)), -2.0)
        nearest = ops.one_hot(ops.argmax(cosines, axis=1), ops.shape(cosines)[1])
        right = ops.sum(ops.cast(nearest, "float32") * same, axis=1)
        weight = ops.cast(ops.sum(same, axis=1) > 0, "float32")
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), (-1,))
        return super().update_state(right, weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}


def pairs(y_true: Any, dtype: Any) -> tuple[Any, Any]:
    """Tell which pairs of a batch are of one identity.

    Args:
        y_true: identities, `(batch,)` or `(batch, 1)`.
        dtype: of the answer.

    Returns:
        1 for two images of the same identity, and 1 for two of different ones; `(batch, batch)`
        each, both 0 on the diagonal.
    """
    labels = ops.reshape(y_true, (-1,))
    same = ops.cast(ops.equal(labels[:, None], labels[None, :]), dtype)
    return same - ops.eye(ops.shape(labels)[0], dtype=dtype), 1 - same
