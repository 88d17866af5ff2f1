"""A recipe that is small enough to train in a test and has everything that a resume could
forget.
"""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Recipe, Splits


class SmallDigits:
    """Some of scikit-learn's digits."""

    summary = "some digits"

    def __init__(self, train=200, held=50):
        self.train, self.held = train, held

    def load(self, request):
        digits = load_digits()
        x, y = digits.images[..., None].astype("uint8"), digits.target.astype("int32")
        sizes = (self.train, self.held, self.held)
        ends = np.cumsum(sizes)
        parts = [
            Arrays(x[end - size : end], y[end - size : end])
            for size, end in zip(sizes, ends, strict=True)
        ]
        info = Info(input_shape=(8, 8, 1), classes=tuple("0123456789"))
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)

    def accepts(self, path):
        return False

    def reachable(self):
        return None


def build(info: Info, *, dropout_rate: float = 0.3) -> keras.Model:
    """Build a network with noise and moving statistics.

    Args:
        dropout_rate: share of units silenced.
    """
    inputs = keras.Input(info.input_shape)
    x = layers.Rescaling(1 / 16)(inputs)
    x = layers.Conv2D(4, 3, activation="relu")(x)
    x = layers.BatchNormalization()(x)
    x = layers.Dropout(dropout_rate)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(info.num_classes, activation="softmax")(x))


recipe = Recipe(topic="Tests", build=build, data={"digits": SmallDigits()}, objective="multiclass")
