"""Letters of DNA as vectors, and the other strand in their place."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.errors import UserError


@keras.saving.register_keras_serializable(package="kerasrecipes")
class BaseProbabilities(layers.Layer):
    """Letters as probabilities of A, C, G and T: N is a quarter of each, and nothing is zeros.

    Args:
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, bases)`, whole numbers whose bits are A, C, G and T, as of
        `kerasrecipes.data.dna.bases`.

    Output shape:
        `(batch, bases, 4)`.
    """

    def call(self, inputs: Any) -> Any:
        """Return the probabilities, `(batch, bases, 4)`."""
        bits = np.array([[code >> bit & 1 for bit in range(4)] for code in range(16)], np.float32)
        table = bits / np.maximum(1, bits.sum(axis=1, keepdims=True))
        codes = ops.cast(inputs, "int32")  # TensorFlow gathers by no bytes
        return ops.take(ops.convert_to_tensor(table, self.compute_dtype), codes, axis=0)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Return `(batch, bases, 4)`."""
        return (*input_shape, 4)


@keras.saving.register_keras_serializable(package="kerasrecipes")
class RandomStrand(layers.Layer):
    """In training the reverse complement of some sequences, as the other strand is read.

    Args:
        rate: share of the sequences that are turned.
        seed: of the draws; by default random.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, bases, 4)`, in the order A, C, G, T, in which complements are mirrored.

    Output shape:
        The same.

    Raises:
        UserError: if the rate is no share.
    """

    def __init__(self, rate: float, seed: int | None = None, **options: Any):
        super().__init__(**options)
        if not 0 <= rate <= 1:
            raise UserError(f"other_strand={rate}: must be from 0 to 1")
        self.rate, self.seed = rate, seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the sequences, `(batch, bases, 4)`, in training some of them turned."""
        if not training or not self.rate:
            return inputs
        drawn = keras.random.uniform((ops.shape(inputs)[0], 1, 1), seed=self.generator)
        # Backwards in place, and A for T, C for G; one axis after the other, for Keras before 3.11
        # takes no two of them on TensorFlow.
        turned = ops.flip(ops.flip(inputs, 1), 2)
        return ops.where(drawn < self.rate, turned, inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}
