"""Variational autoencoder: a latent space whose points decode to digits.

The model brings its loss: the squared error of the reconstruction, and the divergence of the
latent distribution from the normal one. It is the evidence lower bound, with the sign changed.

Paper: Auto-Encoding Variational Bayes (Kingma, Welling, 2014), https://arxiv.org/abs/1312.6114

    kerasrecipes run vae.py
"""

import keras
from keras import layers, ops

from kerasrecipes.data import images
from kerasrecipes.data.examples import without_labels
from kerasrecipes.recipe import Info, Objective, Recipe, Splits, Training


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Sampling(layers.Layer):
    """Draws a latent point in training, and gives the mean in evaluation."""

    def __init__(self, **options):
        super().__init__(**options)
        self.noise = keras.random.SeedGenerator()

    def call(self, mean, log_variance, training=False):
        if not training:
            return mean
        noise = keras.random.normal(ops.shape(mean), seed=self.noise)
        return mean + ops.exp(log_variance / 2) * noise


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Vae(keras.Model):
    """A functional model with a loss of its own, and the divergence as a further metric."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.divergence = keras.metrics.Mean("divergence")

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        mean, log_variance = y_pred["mean"], y_pred["log_variance"]
        target = ops.cast(x, "float32") / 255
        error = ops.sum(ops.square(target - y_pred["image"]), axis=(1, 2, 3))
        variance = ops.exp(log_variance)
        divergence = ops.sum(ops.square(mean) + variance - 1 - log_variance, axis=1) / 2
        self.divergence.update_state(divergence)
        return ops.mean(error + divergence)


def prepare(splits: Splits) -> Splits:
    """Leave the labels out: there is nothing to predict."""
    return splits.map(without_labels)


def build(info: Info, *, units: int = 32, latent: int = 2) -> Vae:
    """Build an encoder and a decoder of one hidden layer each.

    Args:
        units: hidden units of each.
        latent: dimensions of the latent space.
    """
    image = keras.Input(info.image_shape, name="image")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    x = layers.Dense(units, activation="relu")(x)
    mean, log_variance = layers.Dense(latent, name="mean")(x), layers.Dense(latent)(x)
    point = Sampling(name="sampling")(mean, log_variance)
    x = layers.Dense(units, activation="relu")(point)
    height, width, channels = info.image_shape
    x = layers.Dense(height * width * channels, activation="sigmoid")(x)
    drawn = layers.Reshape(info.image_shape, name="drawn")(x)
    return Vae(image, {"image": drawn, "mean": mean, "log_variance": log_variance}, name="vae")


recipe = Recipe(
    topic="Generation",
    prepare=prepare,
    build=build,
    data={"digits": images.digits()},
    objective=Objective(headline="divergence", best="min"),
    training=Training(epochs=3, batch_size=32, learning_rate=3e-3, patience=5),
    search_space=lambda hp: {"units": hp.Choice("units", [16, 32])},
)
