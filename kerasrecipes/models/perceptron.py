"""The perceptron: a single unit whose score's sign is the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kerasrecipes.models.mlp import mlp


def perceptron(
    input_shape: Sequence[int], *, l2: float = 0.0, inputs: Mapping[str, Any] | None = None
) -> keras.Model:
    """A linear unit that starts from zero; the step function is taken when it answers.

    Args:
        input_shape: `(features,)`.
        l2: weight of the sum of the weights' squares in the loss.
        inputs: `mean` and `variance` of each feature, to normalize raw inputs by.

    Returns:
        An uncompiled `keras.Model`, `(batch, features)` to scores `(batch, 1)`.

    Reference:
        [The Perceptron](https://doi.org/10.1037/h0042519) (Rosenblatt, 1958)
    """
    return mlp(
        input_shape,
        1,
        task="signed",
        hidden_layers=(),
        initializer="zeros",
        l2=l2,
        inputs=inputs,
        name="perceptron",
    )
