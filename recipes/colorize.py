"""Colorize: a grey photograph in colour.

Any photograph with colours is a lesson: its lightness goes in, the two other axes of Lab are the
answer, and nobody has to label it. What is a sky is blue; but a car may be red or blue, and the
least squared error between the two is grey. So `method=classification` gives every colour of a
palette a probability instead, weighs rare colours up (`rebalancing`), and answers between the mean
and the most probable (`temperature`): bolder, and farther off where it is wrong. A photograph keeps
its size and every detail, for only its colours are new. The baseline is the mean colour that
training images have at each lightness.

Paper: Colorful Image Colorization (Zhang et al., 2016), https://arxiv.org/abs/1603.08511

Measured, seed 0: by the first of these commands 19.9 dB on the test scenes, a and b off by 10.1
(the baseline 16.7 dB, 20.2). By the second on photographs of pets 24.9 dB, off by 8.3 (24.8 dB,
8.5; all grey 23.4 dB): fifteen hundred photographs teach little of colours, and from epoch 12 it
overfits.

    kerasrecipes run colorize
    kerasrecipes run colorize --data photographs/
    kerasrecipes run colorize method=classification
    kerasrecipes compare colorize method=regression,classification
    kerasrecipes predict colorize grey.png --output coloured.png
"""

from kerasrecipes.data import images, synthetic
from kerasrecipes.data.images.colorization import prepare_colours
from kerasrecipes.models.colorizer import colorizer
from kerasrecipes.recipe import Recipe
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import colorization
from kerasrecipes.training_settings import Training


def search_space(hp) -> dict:
    """Width of the network, learning rate and batch size."""
    return {
        "filters": hp.Choice("filters", [12, 16, 24]),
        "learning_rate": hp.Float("learning_rate", 5e-4, 5e-3, sampling="log"),
        "batch_size": hp.Choice("batch_size", [16, 32, 64]),
    }


recipe = Recipe(
    topic="Images",
    task=colorization.TASK,
    prepare=settings_of(prepare_colours),
    build=settings_of(colorizer),
    data={
        "scenes": synthetic.coloured_scenes(),
        "tf_flowers": images.tfds("tf_flowers"),
        "pictures": images.pictures(),
    },
    objective=colorization.colour_objective,
    training=Training(
        epochs=20, batch_size=32, optimizer="adam", learning_rate=2e-3, schedule="cosine"
    ),
    # Batches of 16 are more steps, where there are few pictures.
    by_data={"scenes": {"batch_size": 16, "epochs": 16}},
    search_space=search_space,
    example="grey.png",
)
