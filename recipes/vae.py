"""Variational autoencoder: codes with a distribution, from which new images can be drawn.

An encoder says of an image where its code lies and how surely, a decoder draws an image of a code.
Both learn one number, the evidence lower bound: how well the image is told by a code drawn from
there, less what that code tells beyond chance, the divergence from the normal distribution. It is a
bound on the logarithm of the image's probability, so it may be held against any density. The draw
is written as mean + deviation x noise, through which gradients pass.

Paper: Auto-Encoding Variational Bayes (Kingma, Welling, 2014), https://arxiv.org/abs/1312.6114

Measured: by the second of these commands, seed 0, an evidence lower bound of -94.4 nats on MNIST's
binarised test split (-90.6 with 100 importance samples on 200 images), in 281 s on one busy core; a
mixture of 20 Bernoullis has -157.6. By the first -37.6 on the test shapes, the mixture -52.6.

    kerasrecipes run vae
    kerasrecipes run vae --data mnist
    kerasrecipes run vae --data mnist latent=2
    kerasrecipes predict vae --count 16 --seed 3 --output grid.png
    kerasrecipes predict vae --count 5 --interpolate 9 --output ways.png
"""

from kerasrecipes.data import images, synthetic
from kerasrecipes.models.vae import variational_autoencoder
from kerasrecipes.recipe import Objective, Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import variational
from kerasrecipes.training_settings import Training

build = settings_of(variational_autoencoder)


def search_space(hp) -> dict:
    """Size of code and layers, and what the code costs."""
    return {
        "latent": hp.Choice("latent", [8, 16, 32, 64]),
        "units": hp.Choice("units", [200, 400, 800]),
        "depth": hp.Choice("depth", [1, 2, 3]),
        "free_bits": hp.Choice("free_bits", [0.0, 0.02, 0.1]),
        "learning_rate": hp.Float("learning_rate", 3e-4, 3e-3, sampling="log"),
    }


# Of few examples smaller batches make more steps; the shapes differ by kind, place, size and turn.
SHAPES = {"latent": 16, "batch_size": 64, "learning_rate": 2e-3, "epochs": 60}
DIGITS = {"latent": 8, "units": 200, "batch_size": 32, "learning_rate": 2e-3, "epochs": 100}
# Photographs have what convolutions look for: the same edges everywhere.
PICTURES = {"architecture": "convolutional", "latent": 64, "batch_size": 64}

recipe = Recipe(
    topic="Generation",
    task=variational.TASK,
    build=build,
    data={"shapes": synthetic.shapes(), **images.unlabelled()},
    objective=Objective(headline="elbo", best="max"),
    training=Training(
        epochs=40, batch_size=128, optimizer="adam", learning_rate=1e-3, schedule="cosine"
    ),
    by_data={"shapes": SHAPES, "digits": DIGITS, "pictures": PICTURES},
    search_space=search_space,
    example="--count 16 --seed 3 --output grid.png",
)
