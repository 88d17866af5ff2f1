"""Learning rates that differ from layer to layer, for every optimizer of Keras."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import keras


def scale(
    optimizer: keras.optimizers.Optimizer, model: keras.Model, factors: Mapping[str, float]
) -> None:
    """Let an optimizer take smaller steps for some layers.

    Gradients are left alone: Adam divides them by their own size, so a factor of them would be
    lost. The rate itself is multiplied, in each variable's step and in its weight decay.

    Args:
        optimizer: is changed; others of its class are not.
        model: has the layers.
        factors: of the learning rate, by the name of a layer; 1 for those that are not named.
    """
    by_variable = {
        id(known): factors[layer.name]
        for layer in model.layers
        if layer.name in factors
        for variable in layer.trainable_variables
        # On TensorFlow a step is given what the variable stands for.
        for known in (variable, variable.value)
    }
    step, decay = optimizer.update_step, optimizer._apply_weight_decay

    @functools.wraps(step)
    def scaled(gradient: Any, variable: Any, learning_rate: Any) -> Any:
        factor = by_variable.get(id(variable), 1.0)
        rate = learning_rate if factor == 1.0 else learning_rate * factor
        return step(gradient, variable, rate)

    @functools.wraps(decay)
    def decayed(variables: Sequence[Any]) -> None:
        whole = optimizer.weight_decay
        if whole is None:
            return
        for variable in variables:
            # Decay is a product with the rate, so either may have the factor.
            optimizer.weight_decay = whole * by_variable.get(id(variable), 1.0)
            decay([variable])
        optimizer.weight_decay = whole

    optimizer.update_step = scaled
    optimizer._apply_weight_decay = decayed
