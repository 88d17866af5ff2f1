"""The perceptron: a single linear unit, whose sign is the class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kerasrecipes.models.mlp import mlp
from kerasrecipes.ranges import Penalty


def perceptron(
    input_shape: Sequence[int],
    *,
    l2: Penalty = 0.0,
    normalize_inputs: bool = True,
    inputs: Mapping[str, Any] | None = None,
) -> keras.Model:
    """Perceptron: a linear unit that starts from zero; the step function is applied in prediction.

    Args:
        input_shape: `(features,)`.
        l2: L2 regularization factor of the weights; with the hinge loss, a support vector machine.
        normalize_inputs: whether to bring each feature to mean 0 and variance 1 inside the model.
        inputs: `mean` and `variance` of each feature for that.

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
        normalize_inputs=normalize_inputs,
        inputs=inputs,
        name="perceptron",
    )
