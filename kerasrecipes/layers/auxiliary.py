"""Auxiliary classifiers: heads in the middle of a deep network, for its training only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class AuxiliaryClassifiers(layers.Layer):
    """The last head's probabilities; in training times those of the auxiliary heads.

    The negative logarithm of the product `p · q₁ʷ · q₂ʷ` at the label is the sum of the heads'
    cross-entropies, the auxiliary ones weighted by `w`. So one output and one loss, that of
    `kerasrecipes.losses.negative_log_likelihood`, train them all, and whatever asks the trained
    model for probabilities gets those of the last head.

    Args:
        weight: `w`, of each auxiliary cross-entropy in the sum.
        **options: further arguments of `keras.layers.Layer`.

    Input shape:
        A list of `(batch, classes)`: probabilities of the last head, then of the auxiliary ones.

    Output shape:
        `(batch, classes)`.

    Reference:
        [Going Deeper with Convolutions](https://arxiv.org/abs/1409.4842) (Szegedy et al., 2014),
        section 5
    """

    def __init__(self, weight: float = 0.3, **options: Any):
        super().__init__(**options)
        self.weight = weight

    def call(self, inputs: Sequence[Any], training: bool = False) -> Any:
        """Return the probabilities, `(batch, classes)`; in training the product."""
        last, *others = inputs
        if not training:
            return last
        # The power's gradient is infinite at zero, where a softmax of float32 can end.
        logarithms = [ops.log(ops.maximum(other, 1e-12)) for other in others]
        return last * ops.exp(self.weight * sum(logarithms))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "weight": self.weight}
