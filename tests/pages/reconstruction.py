"""Reconstruction: digits through a bottleneck and back, by an objective of the house.

kerasrecipes run reconstruction.py
"""

import keras
from keras import layers

from kerasrecipes.data import images
from kerasrecipes.data.examples import Arrays
from kerasrecipes.recipe import Info, Recipe, Splits, Training


def prepare(splits: Splits) -> Splits:
    """Scale the pixels, with which the output is compared, and leave the labels out."""
    return splits.map(lambda part: Arrays(part.x.astype("float32") / 255))


def build(info: Info, *, units: int = 8) -> keras.Model:
    """Build one hidden layer between the image and itself.

    Args:
        units: width of the bottleneck.
    """
    image = keras.Input(info.image_shape, name="image")
    height, width, channels = info.image_shape
    x = layers.Dense(units, activation="relu", name="code")(layers.Flatten()(image))
    x = layers.Dense(height * width * channels, name="pixels")(x)
    return keras.Model(image, layers.Reshape(info.image_shape)(x), name="autoencoder")


recipe = Recipe(
    topic="Generation",
    prepare=prepare,
    build=build,
    data={"digits": images.digits()},
    objective="reconstruction",
    training=Training(epochs=3, batch_size=32, learning_rate=3e-3),
    search_space=lambda hp: {"units": hp.Choice("units", [4, 8])},
)
