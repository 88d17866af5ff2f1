"""Layers that turn token numbers into vectors in other ways than an embedding, and sum up a
sequence.
"""

from __future__ import annotations

from typing import Literal

import keras
from keras import layers, ops

from kerasrecipes.errors import unknown
from kerasrecipes.layers.registration import register

Pooling = Literal["last", "max", "mean", "max_mean"]
_HOW = ("max", "mean", "max_mean")


class _Numbers(layers.Layer):
    """What takes token numbers of which 0 is padding."""

    def __init__(self, size: int, mask_zero: bool = True, **options):
        super().__init__(**options)
        self.size, self.mask_zero = size, mask_zero

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict:
        return {**super().get_config(), "size": self.size, "mask_zero": self.mask_zero}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class OneHot(_Numbers):
    """Each token a vector with a 1 at its own place, else 0.

    Args:
        size: of the vocabulary.
        mask_zero: whether later layers leave out padding.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, whole numbers below `size`.

    Output shape:
        `(batch, time, size)`.
    """

    def call(self, inputs):
        """Give the vectors."""
        return ops.one_hot(inputs, self.size, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape):
        """Give `(batch, time, size)`."""
        return (*input_shape, self.size)


@register(old_name="NumberAsValue")
class IntegerEncoding(_Numbers):
    """Each token its number in the vocabulary, as if that were an amount, between 0 and 1.

    Args:
        size: of the vocabulary.
        mask_zero: whether later layers leave out padding.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, whole numbers below `size`.

    Output shape:
        `(batch, time, 1)`.
    """

    def call(self, inputs):
        """Give the numbers as values."""
        return ops.expand_dims(ops.cast(inputs, "float32") / self.size, -1)

    def compute_output_shape(self, input_shape):
        """Give `(batch, time, 1)`."""
        return (*input_shape, 1)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BagOfWords(_Numbers):
    """Which tokens occur, wherever and however often; padding is none.

    Args:
        size: of the vocabulary.
        mask_zero: for the sake of the others; padding never counts here.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, whole numbers below `size`.

    Output shape:
        `(batch, size)`, 0 and 1.
    """

    def call(self, inputs):
        """Give the bags."""
        batch, time = ops.shape(inputs)
        rows = ops.repeat(ops.arange(batch, dtype="int32"), time)
        places = ops.stack(
            [rows, ops.reshape(ops.cast(inputs, "int32"), (-1,))], axis=1
        )  # (batch * time, 2)
        present = ops.cast(ops.not_equal(places[:, 1], 0), "float32")
        counts = ops.scatter(places, present, (batch, self.size))
        return ops.cast(ops.minimum(counts, 1.0), self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        """Give none: there is no time any more."""
        return None

    def compute_output_shape(self, input_shape):
        """Give `(batch, size)`."""
        return (input_shape[0], self.size)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PoolOverTime(layers.Layer):
    """Sums up a sequence, padding left out.

    Args:
        how: the largest value of each feature, the mean, or both side by side.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, features)`, with or without a mask `(batch, time)`.

    Output shape:
        `(batch, features)`, with `"max_mean"` `(batch, 2 * features)`.

    Raises:
        UserError: if there is no such way.
    """

    def __init__(self, how: Literal["max", "mean", "max_mean"] = "max", **options):
        super().__init__(**options)
        if how not in _HOW:
            raise unknown("pooling over time", how, _HOW)
        self.how = how
        self.supports_masking = True

    def call(self, inputs, mask=None):
        """Give the sums."""
        kept = (
            ops.ones_like(inputs[..., :1], dtype=bool)
            if mask is None
            else ops.expand_dims(mask, -1)
        )
        parts = []
        if "max" in self.how:
            least = -3e4  # below any value of a recurrent layer, in half precision too
            parts.append(ops.max(ops.where(kept, inputs, ops.cast(least, inputs.dtype)), axis=1))
        if "mean" in self.how:
            share = ops.cast(kept, inputs.dtype)
            parts.append(ops.sum(inputs * share, axis=1) / ops.maximum(ops.sum(share, axis=1), 1))
        return ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]

    def compute_mask(self, inputs, mask=None):
        """Give none: there is no time any more."""
        return None

    def compute_output_shape(self, input_shape):
        """Give `(batch, features)`."""
        return (input_shape[0], input_shape[2] * (2 if self.how == "max_mean" else 1))

    def get_config(self) -> dict:
        """Give the arguments."""
        return {**super().get_config(), "how": self.how}
