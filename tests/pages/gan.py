"""Generative adversarial network: a generator learns a ring of points from a discriminator.

Both learn in turns, each by its own loss and optimizer. Half the momentum of Adam's default keeps
the two from circling each other.

Paper: Generative Adversarial Networks (Goodfellow et al., 2014), https://arxiv.org/abs/1406.2661

    kerasrecipes run gan.py
"""

import keras
import numpy as np
from keras import layers, ops

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import SyntheticSource
from kerasrecipes.data.splits import make_splits
from kerasrecipes.models.alternating import AlternatingModel
from kerasrecipes.recipe import Evaluation, Info, Objective, Recipe, Request, Splits, Training


class Ring(SyntheticSource):
    """Points of a ring, without labels."""

    summary = "400 points of a noisy ring"

    def load(self, request: Request) -> Splits:
        random = np.random.default_rng(request.seed)
        angle = random.uniform(0, 2 * np.pi, 400)
        points = np.stack([np.cos(angle), np.sin(angle)], 1) + random.normal(0, 0.05, (400, 2))
        parts, notes = make_splits({"train": Arrays(points.astype("float32"))}, request)
        return Splits(**parts, info=Info(input_shape=(2,)), notes=tuple(notes))


@keras.saving.register_keras_serializable(package="kerasrecipes")
class Gan(AlternatingModel):
    """A generator of points and a discriminator that tells them from real ones."""

    turns = ("discriminator", "generator")
    logged = ("real_score", "fake_score")

    def __init__(self, generator, discriminator, latent=4, **options):
        super().__init__(**options)
        self.generator, self.discriminator, self.latent = generator, discriminator, latent
        self.noise = keras.random.SeedGenerator()

    def sample(self, count, training=False):
        """Draw points."""
        noise = keras.random.normal((count, self.latent), seed=self.noise)
        return self.generator(noise, training=training)

    def turn_loss(self, turn, x, y, sample_weight, training):
        fake = self.discriminator(self.sample(ops.shape(x)[0], training), training=training)
        if turn == "generator":
            return ops.mean(ops.softplus(-fake))
        real = self.discriminator(x, training=training)
        loss = ops.mean(ops.softplus(-real) + ops.softplus(fake))
        return loss, {"real_score": ops.mean(real), "fake_score": ops.mean(fake)}

    def call(self, x):
        """Score points: high where they look real."""
        return self.discriminator(x)


def build(info: Info, *, units: int = 16, latent: int = 4) -> Gan:
    """Build both networks.

    Args:
        units: hidden units of each.
        latent: dimensions of the noise.
    """
    generator = keras.Sequential(
        [
            keras.Input((latent,)),
            layers.Dense(units, activation="relu"),
            layers.BatchNormalization(),
            layers.Dense(2),
        ],
        name="generator",
    )
    discriminator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(units, activation="leaky_relu"), layers.Dense(1)],
        name="discriminator",
    )
    return Gan(generator, discriminator, latent, name="gan")


def objective(info: Info, *, critic_rate: float = 2e-3) -> Objective:
    """Give the discriminator a rate of its own, and both less momentum.

    Args:
        critic_rate: learning rate of the discriminator.
    """
    return Objective(
        headline="distance",
        optimizers={
            "discriminator": {"learning_rate": critic_rate, "beta_1": 0.5},
            "generator": {"beta_1": 0.5},
        },
    )


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Measure how far generated points lie from the ring, on average."""
    points = np.asarray(evaluation.model.sample(200))
    return {"distance": float(np.abs(np.hypot(*points.T) - 1).mean())}


recipe = Recipe(
    topic="Generation",
    build=build,
    data={"ring": Ring()},
    objective=objective,
    training=Training(epochs=4, batch_size=32, learning_rate=1e-3),
    scores=scores,
    search_space=lambda hp: {"units": hp.Choice("units", [8, 16])},
)
