"""Metrics over the labels that are there, where some are missing, and masks of those."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import ops

# What labels are: numbers, 0 or 1 in each place, the index of a class, or a one-hot row.
Kind = Literal["numbers", "flags", "classes", "one_hot"]

KINDS: dict[str, Kind] = {
    "regression": "numbers",
    "binary": "flags",
    "multilabel": "flags",
    "multiclass": "classes",
    "multiclass_one_hot": "one_hot",
}


def is_there(labels: Any, kind: Kind) -> Any:
    """Return which labels are there: not NaN, and of classes and flags not negative.

    Args:
        labels: `(batch, …)`.
        kind: what they are.

    Returns:
        Booleans of the labels' shape; of one-hot rows without the last axis.
    """
    labels = ops.cast(labels, "float32")
    there = ops.logical_not(ops.isnan(labels))
    if kind != "numbers":
        there = ops.logical_and(there, labels >= 0)
    return ops.all(there, axis=-1) if kind == "one_hot" else there


def filled(labels: Any, there: Any, kind: Kind) -> Any:
    """Return labels with 0 where one is missing: a NaN times 0 would still be NaN.

    Args:
        labels: `(batch, …)`.
        there: from `is_there`.
        kind: what the labels are.
    """
    there = ops.expand_dims(there, -1) if kind == "one_hot" else there
    return ops.where(there, labels, ops.zeros_like(labels))


@keras.saving.register_keras_serializable(package="kerasrecipes")
class LabelledMetric(keras.metrics.Metric):
    """Metric over the labels that are there; missing ones are NaN, or of classes and flags also -1.

    Args:
        metric: a Keras metric that takes sample weights.
        kind: what the labels are.
        name: of the metric; by default that of the inner one.
        dtype: of its result.
    """

    def __init__(
        self, metric: keras.metrics.Metric, kind: Kind, name: str | None = None, dtype: Any = None
    ):
        super().__init__(name=name or metric.name, dtype=dtype)
        self.metric, self.kind = metric, kind

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: labels, `(batch,)` or `(batch, …, units)`.
            y_pred: outputs, `(batch, …, units)`.
            sample_weight: `(batch,)` or `None`.

        Returns:
            What the inner metric returns.
        """
        y_pred = ops.convert_to_tensor(y_pred)
        y_true = ops.convert_to_tensor(y_true)
        if self.kind == "classes" and len(y_true.shape) == len(y_pred.shape):
            y_true = ops.squeeze(y_true, -1)
        elif self.kind in ("numbers", "flags"):
            y_true = ops.reshape(y_true, ops.shape(y_pred))
        there = is_there(y_true, self.kind)
        weight = ops.cast(there, "float32")
        if sample_weight is not None:
            given = ops.cast(ops.convert_to_tensor(sample_weight), "float32")
            ones = [1] * (len(weight.shape) - len(given.shape))
            weight = weight * ops.reshape(given, [*ops.shape(given), *ones])
        labels = filled(y_true, there, self.kind)
        if self.kind in ("numbers", "flags"):
            # Each place is an example of its own, as a row may have some labels and lack others.
            labels, y_pred = ops.reshape(labels, (-1, 1)), ops.reshape(y_pred, (-1, 1))
            weight = ops.reshape(weight, (-1,))
        return self.metric.update_state(labels, y_pred, sample_weight=weight)

    def result(self) -> Any:
        """Return the inner metric's value."""
        return self.metric.result()

    def reset_state(self) -> None:
        """Reset the inner metric."""
        self.metric.reset_state()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        metric = keras.saving.serialize_keras_object(self.metric)
        return {**super().get_config(), "metric": metric, "kind": self.kind}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LabelledMetric:
        """Create the metric from `get_config`."""
        metric = keras.saving.deserialize_keras_object(config["metric"])
        return cls(**{**config, "metric": metric})
