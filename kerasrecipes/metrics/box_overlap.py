"""Mean overlap of the boxes that a detector sees with those that it should."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasrecipes.metrics.box_assignment import BOX, assign, overlap


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BoxOverlap(keras.metrics.Mean):
    """Mean intersection over union, of the locations that answer for an object, with its box.

    It says how exact boxes are during a training; whether objects are found at all, average
    precision says.

    Args:
        name: name of the metric.
        dtype: as in `keras.metrics.Metric`.
    """

    def __init__(self, name: str = "box_iou", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: the truth, `(batch, objects, 6)`.
            y_pred: a detector's output, `(batch, locations, 8 + classes)`.
            sample_weight: of the images, `(batch,)`.

        Returns:
            What Keras's mean returns.
        """
        y_true, y_pred = ops.cast(y_true, "float32"), ops.cast(y_pred, "float32")
        found = assign(y_true, y_pred)
        weight = ops.cast(found.positive, "float32")
        if sample_weight is not None:
            weight = weight * ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
        return super().update_state(overlap(y_pred[..., BOX], found.boxes), weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {"name": self.name, "dtype": self.dtype}
