"""Losses of labels of which some are missing."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from kerasrecipes.metrics.labelled import Kind, filled, is_there


@keras.saving.register_keras_serializable(package="kerasrecipes")
class LabelledLoss(keras.losses.Loss):
    """Loss of labels of which some are missing: NaN, or of classes and flags also -1.

    A missing label adds nothing to the loss and to the gradients. The mean is over all places of
    the batch, so that every label that is there counts the same, in whatever company; therefore the
    loss is the same on several devices.

    Args:
        loss: loss of the labels that are there: a Keras loss or its name.
        kind: what the labels are.
        name: name of the loss.
    """

    def __init__(self, loss: Any, kind: Kind, name: str | None = None):
        inner = keras.losses.get(loss) if isinstance(loss, str) else loss
        own = loss if isinstance(loss, str) else getattr(inner, "name", "labelled")
        super().__init__(name=name or own, reduction="sum_over_batch_size")
        self.loss, self.kind = loss, kind
        self._function = inner.call if isinstance(inner, keras.losses.Loss) else inner

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Compute the loss of each example.

        Args:
            y_true: labels, `(batch,)` or `(batch, …, units)`.
            y_pred: outputs, `(batch, …, units)`.

        Returns:
            `(batch, …)`.
        """
        if self.kind == "numbers":
            y_true = ops.reshape(y_true, ops.shape(y_pred))
            there = is_there(y_true, self.kind)
            # No error where there is no label, whatever the units and the scale of the errors are.
            return self._function(ops.where(there, y_true, ops.stop_gradient(y_pred)), y_pred)
        if self.kind == "flags":
            y_true = ops.reshape(y_true, ops.shape(y_pred))
            there = is_there(y_true, self.kind)
            labels = filled(y_true, there, self.kind)
            # Each place by itself, as a row may have some labels and lack others.
            each = self._function(ops.expand_dims(labels, -1), ops.expand_dims(y_pred, -1))
            return ops.mean(each * ops.cast(there, each.dtype), axis=-1)
        if self.kind == "classes" and len(y_true.shape) == len(y_pred.shape):
            y_true = ops.squeeze(y_true, -1)
        there = is_there(y_true, self.kind)
        each = self._function(filled(y_true, there, self.kind), y_pred)
        return each * ops.cast(there, each.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        loss = self.loss
        if not isinstance(loss, str):
            loss = keras.saving.serialize_keras_object(loss)
        return {"loss": loss, "kind": self.kind, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LabelledLoss:
        """Create the loss from `get_config`."""
        loss = config["loss"]
        if isinstance(loss, dict):
            loss = keras.saving.deserialize_keras_object(loss)
        return cls(**{**config, "loss": loss})
