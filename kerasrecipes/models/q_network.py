"""Deep Q-network: a value for each action in what an agent sees."""

from __future__ import annotations

import keras
from keras import layers

from kerasrecipes.layers.duelling import DuellingValues
from kerasrecipes.ranges import Count, Depth

_PIXELS = 24  # rows and columns from which on three axes are an image


def q_network(
    input_shape: tuple[int, ...],
    num_classes: int,
    *,
    units: Count = 128,
    depth: Depth = 2,
    duelling: bool = True,
) -> keras.Model:
    """Dense layers, and below them the convolutions of the Nature paper where it sees images.

    Args:
        input_shape: of an observation; one of three axes, of which two have at least 24 entries, is
            an image of bytes.
        num_classes: number of actions.
        units: number of units of each dense layer.
        depth: number of dense layers; images have one.
        duelling: whether the value of a state and the advantages of its actions have a head each.

    Returns:
        An uncompiled `keras.Model`, `(batch, *input_shape)` to `(batch, num_classes)`.

    Reference:
        - [Human-level control through deep reinforcement
          learning](https://doi.org/10.1038/nature14236) (Mnih et al., 2015)
        - [Dueling Network Architectures for Deep Reinforcement
          Learning](https://arxiv.org/abs/1511.06581) (Wang et al., 2016)
    """
    seen = keras.Input(input_shape, name="observation")
    image = len(input_shape) == 3 and min(input_shape[:2]) >= _PIXELS
    x = _convolutions(seen) if image else seen
    x = layers.Flatten(name="flatten")(x) if len(x.shape) > 2 else x
    for number in range(1 if image else depth):
        x = layers.Dense(units, activation="relu", name=f"hidden_{number + 1}")(x)
    if not duelling:
        values = layers.Dense(num_classes, dtype="float32", name="action_values")(x)
        return keras.Model(seen, values, name="q_network")
    value = layers.Dense(1, dtype="float32", name="state_value")(x)
    advantages = layers.Dense(num_classes, dtype="float32", name="advantages")(x)
    values = DuellingValues(dtype="float32", name="action_values")([value, advantages])
    return keras.Model(seen, values, name="q_network")


def _convolutions(image: keras.KerasTensor) -> keras.KerasTensor:
    """Three convolutions, whose strides take the place of pooling."""
    x = layers.Rescaling(1 / 255, name="scale")(image)
    for number, (filters, kernel, stride) in enumerate(((32, 8, 4), (64, 4, 2), (64, 3, 1)), 1):
        x = layers.Conv2D(
            filters, kernel, stride, padding="same", activation="relu", name=f"convolution_{number}"
        )(x)
    return x
