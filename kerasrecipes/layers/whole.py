"""Entries of a sequence beside what the whole sequence is."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BesideWhole(layers.Layer):
    """Features of each entry of a sequence, and beside them those of all of it; the mask ends here.

    Where outputs have a mask, Keras divides the loss of each by the entries of its batch, which
    parts of a batch on several devices do not know. Labels say which entries count.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Call arguments:
        entries: `(batch, time, features)`.
        whole: `(batch, units)`.

    Output shape:
        `(batch, time, features + units)`.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.supports_masking = True

    def call(self, entries: Any, whole: Any) -> Any:
        """Return both, `(batch, time, features + units)`."""
        shape = (*ops.shape(entries)[:2], whole.shape[-1])
        told = ops.broadcast_to(ops.expand_dims(whole, 1), shape)
        return ops.concatenate([entries, told], axis=-1)

    def compute_mask(self, *_: Any, **__: Any) -> None:
        """Return no mask."""
        return None

    def compute_output_shape(self, entries_shape: Any, whole_shape: Any) -> Any:
        """Return `(batch, time, features + units)`."""
        return (*entries_shape[:-1], entries_shape[-1] + whole_shape[-1])
