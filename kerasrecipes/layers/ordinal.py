"""Output layer of grades, which have an order: one score, and thresholds between neighbours."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.errors import UserError


@keras.saving.register_keras_serializable(package="kerasrecipes")
class OrdinalProbabilities(layers.Layer):
    """Probability of each grade by CORAL: the score of an example against thresholds.

    All thresholds share the score, so that "better than 3" can never be more probable than "better
    than 2". CORAL's thresholds are free numbers that are in order once the loss is at its least;
    here each is the one before and a positive distance, which keeps them in order from the start.

    Args:
        num_classes: number of grades, at least 3.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, num_classes)`, probabilities in the order of the grades.

    Raises:
        UserError: if there are fewer than 3 grades.

    Reference:
        [Rank Consistent Ordinal Regression for Neural Networks](https://arxiv.org/abs/1901.07884)
        (Cao et al., 2020)
    """

    def __init__(self, num_classes: int, **options: Any):
        # In float32 also where layers below compute in half precision, as every head is.
        super().__init__(**{"dtype": "float32", **options})
        if num_classes < 3:
            raise UserError(f"grades in an order are at least 3, received {num_classes}")
        self.num_classes = num_classes
        self.score = layers.Dense(1, use_bias=False, dtype="float32", name="score")

    def build(self, input_shape: Any) -> None:
        """Create the score's weights and the thresholds."""
        self.score.build(input_shape)
        steps = np.arange(1, self.num_classes) / self.num_classes
        # Those at which a score of 0 gives every grade the same probability.
        even = np.log(steps / (1 - steps)).astype(np.float32)
        inverse = np.log(np.expm1(np.diff(even)))  # of softplus
        constant = keras.initializers.Constant
        self.first = self.add_weight(shape=(1,), initializer=constant(even[0]), name="first")
        self.distances = self.add_weight(
            shape=(self.num_classes - 2,), initializer=constant(inverse), name="distances"
        )
        self.built = True

    def thresholds(self) -> Any:
        """Return the scores at which one grade ends and the next begins, `(num_classes - 1,)`."""
        first = ops.convert_to_tensor(self.first)
        return ops.concatenate([first, first + ops.cumsum(ops.softplus(self.distances))])

    def call(self, inputs: Any) -> Any:
        """Return the probabilities, `(batch, num_classes)`."""
        above = ops.sigmoid(self.score(inputs) - self.thresholds())  # (batch, num_classes - 1)
        ones = ops.ones_like(above[:, :1])
        return ops.concatenate([ones, above], axis=-1) - ops.concatenate(
            [above, ops.zeros_like(ones)], axis=-1
        )

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return `(batch, num_classes)`."""
        return (input_shape[0], self.num_classes)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "num_classes": self.num_classes}
