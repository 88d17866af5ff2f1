"""A page that trains at once, and that can go wrong in every way that a trial can.

kerasrecipes run page
"""

import os
import signal
from typing import Literal

import keras
import numpy as np
from keras import layers

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.training_settings import Training


class Halves:
    """Points of the plane, divided by a line."""

    summary = "points"

    def load(self, request):
        """Draw the points."""
        points = np.random.default_rng(3).normal(size=(160, 2)).astype("float32")
        labels = (points.sum(axis=1) > 0).astype("int32")
        parts = [Arrays(points[a:b], labels[a:b]) for a, b in ((0, 96), (96, 128), (128, 160))]
        info = Info(input_shape=(2,), classes=("below", "above"))
        return Splits(train=parts[0], validation=parts[1], test=parts[2], info=info)

    def accepts(self, path):
        """Take no path."""
        return False

    def reachable(self):
        """Be there."""
        return None


@keras.saving.register_keras_serializable(package="tests")
class Infinite(layers.Layer):
    """Makes every loss infinite."""

    def call(self, x):
        """Divide by nothing."""
        return x / (keras.ops.sum(x) * 0.0)


def build(
    info: Info,
    *,
    units: int = 4,
    mishap: Literal["none", "crash", "memory", "nan", "kill"] = "none",
) -> keras.Model:
    """Build a small network, or let something go wrong.

    Args:
        units: of the hidden layer.
        mishap: what goes wrong.
    """
    if mishap == "crash":
        raise RuntimeError("the page has a fault\nof two lines")
    if mishap == "memory":
        raise MemoryError("no more room")
    if mishap == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    x = inputs = keras.Input(info.input_shape)
    x = layers.Dropout(0.2)(layers.Dense(units, activation="tanh")(x))
    x = Infinite()(x) if mishap == "nan" else x
    return keras.Model(inputs, layers.Dense(info.num_classes, activation="softmax")(x))


def search_space(hp) -> dict:
    """Search over the width and the step."""
    return {
        "units": hp.Int("units", 2, 32, sampling="log"),
        "learning_rate": hp.Float("learning_rate", 1e-4, 1e-1, sampling="log"),
    }


recipe = Recipe(
    topic="Tests",
    build=build,
    data={"halves": Halves()},
    objective="multiclass",
    search_space=search_space,
    training=Training(epochs=9, batch_size=16, learning_rate=1e-3, diagnose=False),
)
