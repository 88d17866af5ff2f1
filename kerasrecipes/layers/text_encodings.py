"""Encodings of token ids other than an embedding, and pooling over time."""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers, ops

from kerasrecipes.errors import unknown
from kerasrecipes.layers.registration import register

Pooling = Literal["last", "max", "mean", "max_mean"]
_POOLINGS = ("max", "mean", "max_mean")


class _Encoding(layers.Layer):
    """Base of layers that take token ids, of which 0 is padding."""

    def __init__(self, size: int, mask_zero: bool = True, **options: Any):
        super().__init__(**options)
        self.size, self.mask_zero = size, mask_zero

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask, `(batch, time)`, false for padding; `None` where it is read as well."""
        return ops.not_equal(inputs, 0) if self.mask_zero else None

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "size": self.size, "mask_zero": self.mask_zero}


@keras.saving.register_keras_serializable(package="kerasrecipes")
class OneHot(_Encoding):
    """One-hot vector of each token.

    Args:
        size: size of the vocabulary.
        mask_zero: whether later layers leave out padding.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, token ids below `size`.

    Output shape:
        `(batch, time, size)`.
    """

    def call(self, inputs: Any) -> Any:
        """Return the vectors, `(batch, time, size)`."""
        return ops.one_hot(inputs, self.size, dtype=self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return `(batch, time, size)`."""
        return (*input_shape, self.size)


@register(old_name="NumberAsValue")
class IntegerEncoding(_Encoding):
    """Token id of each token divided by the vocabulary's size, as if ids were quantities.

    Args:
        size: size of the vocabulary.
        mask_zero: whether later layers leave out padding.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, token ids below `size`.

    Output shape:
        `(batch, time, 1)`, between 0 and 1.
    """

    def call(self, inputs: Any) -> Any:
        """Return the values, `(batch, time, 1)`."""
        return ops.expand_dims(ops.cast(inputs, "float32") / self.size, -1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return `(batch, time, 1)`."""
        return (*input_shape, 1)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BagOfWords(_Encoding):
    """Multi-hot vector of the tokens that occur, wherever and however often; padding is left out.

    Args:
        size: size of the vocabulary.
        mask_zero: accepted as by the other encodings; padding never counts here.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time)`, token ids below `size`.

    Output shape:
        `(batch, size)`, 0 and 1.
    """

    def call(self, inputs: Any) -> Any:
        """Return the bags, `(batch, size)`."""
        batch, time = ops.shape(inputs)
        rows = ops.repeat(ops.arange(batch, dtype="int32"), time)
        ids = ops.reshape(ops.cast(inputs, "int32"), (-1,))
        present = ops.cast(ops.not_equal(ids, 0), "float32")
        # One-hot vectors of all tokens would take `time` times the memory of the bags.
        counts = ops.scatter(ops.stack([rows, ids], axis=1), present, (batch, self.size))
        return ops.cast(ops.minimum(counts, 1.0), self.compute_dtype)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return no mask: the output has no time axis."""
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return `(batch, size)`."""
        return (input_shape[0], self.size)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class PoolOverTime(layers.Layer):
    """Maximum or mean of each feature over time, padding left out.

    Args:
        how: `"max"`, `"mean"`, or `"max_mean"` for both, concatenated.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, time, features)`, with or without a mask `(batch, time)`.

    Output shape:
        `(batch, features)`, with `"max_mean"` `(batch, 2 * features)`.

    Raises:
        UserError: if there is no such pooling.
    """

    def __init__(self, how: Literal["max", "mean", "max_mean"] = "max", **options: Any):
        super().__init__(**options)
        if how not in _POOLINGS:
            raise unknown("pooling over time", how, _POOLINGS)
        self.how = how
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Pool a batch.

        Args:
            inputs: `(batch, time, features)`.
            mask: `(batch, time)`, false for padding; `None` for no padding.

        Returns:
            `(batch, features)`, with `"max_mean"` `(batch, 2 * features)`.
        """
        if mask is None:
            mask = ops.ones_like(inputs[..., :1], dtype=bool)
        else:
            mask = ops.expand_dims(mask, -1)
        parts = []
        if "max" in self.how:
            least = -3e4  # below any output of a recurrent layer, and a number of float16 too
            parts.append(ops.max(ops.where(mask, inputs, ops.cast(least, inputs.dtype)), axis=1))
        if "mean" in self.how:
            weights = ops.cast(mask, inputs.dtype)
            count = ops.maximum(ops.sum(weights, axis=1), 1)  # 1 where all is padding
            parts.append(ops.sum(inputs * weights, axis=1) / count)
        return ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return no mask: the output has no time axis."""
        return None

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return the output's shape, `(batch, features)`."""
        return (input_shape[0], input_shape[2] * (2 if self.how == "max_mean" else 1))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "how": self.how}
