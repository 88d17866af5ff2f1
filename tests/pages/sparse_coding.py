"""Sparse coding: digits by few active units, where layers bring the loss by `add_loss`.

kerasrecipes run sparse_coding.py
"""

import keras
from keras import layers, ops

from kerasrecipes.data import images
from kerasrecipes.data.examples import without_labels
from kerasrecipes.recipe import Info, Objective, Recipe, Splits, Training


@keras.saving.register_keras_serializable(package="kerasrecipes")
class CodingError(layers.Layer):
    """Adds the error of the reconstruction and the activity of the code as losses."""

    def __init__(self, weight=1e-3, **options):
        super().__init__(**options)
        self.weight = weight

    def call(self, target, drawn, code):
        self.add_loss(ops.mean(ops.square(target - drawn)))
        self.add_loss(self.weight * ops.mean(ops.abs(code)))
        return drawn

    def get_config(self):
        return {**super().get_config(), "weight": self.weight}


def prepare(splits: Splits) -> Splits:
    """Leave the labels out: there is nothing to predict."""
    return splits.map(without_labels)


def build(info: Info, *, units: int = 16) -> keras.Model:
    """Build a hidden layer whose activity costs.

    Args:
        units: of the code.
    """
    image = keras.Input(info.image_shape, name="image")
    target = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    code = layers.Dense(units, activation="relu", name="code")(target)
    drawn = layers.Dense(target.shape[1], name="pixels")(code)
    return keras.Model(image, CodingError(name="error")(target, drawn, code), name="sparse_coding")


recipe = Recipe(
    topic="Generation",
    prepare=prepare,
    build=build,
    data={"digits": images.digits()},
    objective=Objective(),
    training=Training(epochs=3, batch_size=32, learning_rate=3e-3),
    search_space=lambda hp: {"units": hp.Choice("units", [8, 16])},
)
