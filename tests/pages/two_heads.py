"""Two heads: the quadrant of a point and its distance from the origin, by one network.

Many points lack their distance, and some their quadrant; they teach what they have.

    kerasrecipes run two_heads.py
"""

import keras
import numpy as np
from keras import layers

from kerasrecipes import heads
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import make_splits
from kerasrecipes.recipe import Info, Objective, Recipe, Request, Splits, Training


class Points(SyntheticSource):
    """Points of the plane with two labels, some of which are missing."""

    summary = "300 points with a quadrant and a distance, where both are known"

    def __init__(self, missing: float = 0.0):
        self.missing = missing

    def load(self, request: Request) -> Splits:
        random = np.random.default_rng(request.seed)
        points = random.normal(size=(300, 2)).astype("float32")
        quadrant = (2 * (points[:, 0] > 0) + (points[:, 1] > 0)).astype("int32")
        distance = np.hypot(*points.T).astype("float32")[:, None]
        if self.missing:
            quadrant[random.random(300) < self.missing / 2] = -1
            distance[random.random(300) < self.missing] = np.nan
        labels = {"quadrant": quadrant, "distance": distance}
        parts, notes = make_splits({"train": Arrays(points, labels)}, request)
        info = Info(input_shape=(2,), classes=("left low", "left high", "right low", "right high"))
        return Splits(**parts, info=info, notes=tuple(notes))


def build(info: Info, *, units: int = 32) -> keras.Model:
    """Build two heads on a hidden layer.

    Args:
        units: hidden units.
    """
    point = keras.Input(info.fixed_shape, name="point")
    x = layers.Dense(units, activation="relu", name="hidden")(point)
    outputs = {
        "quadrant": heads.output_layer("multiclass", info.num_classes, "quadrant")(x),
        "distance": heads.output_layer("regression", 1, "distance")(x),
    }
    return keras.Model(point, outputs, name="two_heads")


def objective(info: Info, *, distance_weight: float = 0.5) -> Objective:
    """Weigh the distance's loss.

    Args:
        distance_weight: factor of the distance's loss in the sum.
    """
    return Objective(
        task="quadrant: multiclass, distance: regression",
        loss={"distance": "huber"},
        metrics={"distance": ("mean_absolute_error",)},
        loss_weights={"distance": distance_weight},
        missing_labels=True,
    )


recipe = Recipe(
    topic="Fundamentals",
    build=build,
    data={"points": Points(), "gaps": Points(missing=0.6)},
    objective=objective,
    training=Training(epochs=4, batch_size=32, learning_rate=1e-2),
    search_space=lambda hp: {"units": hp.Choice("units", [16, 32])},
)
