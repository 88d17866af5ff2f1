"""Duelling heads of a value network."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="kerasrecipes")
class DuellingValues(keras.layers.Layer):
    """Action values from the value of a state and the advantages of its actions.

    The mean advantage is taken off, so that the two cannot be shifted against each other.

    Reference:
        [Dueling Network Architectures for Deep Reinforcement
        Learning](https://arxiv.org/abs/1511.06581) (Wang et al., 2016)
    """

    def call(self, parts: list[Any]) -> Any:
        """Join the two heads.

        Args:
            parts: values `(batch, 1)` and advantages `(batch, actions)`.

        Returns:
            `(batch, actions)`.
        """
        value, advantages = parts
        return value + advantages - ops.mean(advantages, axis=-1, keepdims=True)

    def compute_output_shape(self, shapes: list[tuple[int | None, ...]]) -> tuple[int | None, ...]:
        """Return the shape of the advantages."""
        return tuple(shapes[1])
