"""Generative adversarial network: images from chance, by a game of two networks.

A generator makes images of random codes, a discriminator learns to tell them from real ones, and
each is the other's teacher: what gives a generated image away is what the generator learns next.
Nothing is ever compared pixel by pixel, so images are sharp; but nobody says either that all kinds
of images have to be made, and the game can be lost. The report shows how near generated images are
to real ones by the features of a classifier that learns beside them, with real images and those of
a Gaussian as the floor and the ceiling.

Papers: Generative Adversarial Networks (Goodfellow et al., 2014), https://arxiv.org/abs/1406.2661;
Unsupervised Representation Learning with Deep Convolutional GANs (Radford et al., 2015),
https://arxiv.org/abs/1511.06434

Measured: by the first of these commands, seed 0, a Fréchet distance of 7.4 from the test shapes in
89 s on a busy machine; other real shapes are at 3.6, those of a Gaussian of 16 components at 78.1.
By the second of 7.9 from MNIST's test digits, all ten of which are made; other real ones are at
0.6, those of a Gaussian of 32 components at 100.9.

    kerasrecipes run gan
    kerasrecipes run gan --data mnist
    kerasrecipes run gan loss=wasserstein critic_steps=3
    kerasrecipes run gan conditional=true
    kerasrecipes predict gan --count 64 --seed 3 --output grid.png
    kerasrecipes predict gan --count 5 --interpolate 9 --output ways.png
"""

from kerasrecipes.data import images, synthetic
from kerasrecipes.models.gan import gan
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import adversarial
from kerasrecipes.training_settings import Training

build = settings_of(gan)


def search_space(hp) -> dict:
    """The game's loss, and who learns how fast."""
    return {
        "loss": hp.Choice("loss", ["non_saturating", "least_squares", "hinge", "wasserstein"]),
        "filters": hp.Choice("filters", [32, 64]),
        "learning_rate": hp.Float("learning_rate", 1e-4, 1e-3, sampling="log"),
        "beta_1": hp.Choice("beta_1", [0.0, 0.5]),
    }


# The paper's rate is for a hundred thousand steps of 64 pixels; of small images it can be higher.
SHAPES = {"filters": 32, "latent": 16, "epochs": 40, "batch_size": 64, "learning_rate": 1e-3}
DIGITS = {"filters": 32, "latent": 16, "epochs": 60, "batch_size": 32, "learning_rate": 1e-3}
# One channel of ink needs half the width, in a quarter of the time.
MNIST = {"filters": 32, "latent": 32, "epochs": 4, "batch_size": 64, "learning_rate": 1e-3}

recipe = Recipe(
    topic="Generation",
    task=adversarial.TASK,
    build=build,
    data={"shapes": synthetic.shapes(), **images.unlabelled()},
    objective=adversarial.objective,
    # No loss of a game says when its images are best: the last epoch is kept.
    training=Training(epochs=15, batch_size=128, optimizer="adam", learning_rate=4e-4, keep="last"),
    by_data={"shapes": SHAPES, "digits": DIGITS, "mnist": MNIST},
    search_space=search_space,
    example="--count 16 --seed 3 --output grid.png",
)
