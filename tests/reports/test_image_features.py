"""The figures of what a network sees: drawn from real answers, and left out where they do not
apply.
"""

import keras
import numpy as np
import pytest
from keras import layers

from kerasrecipes.data.examples import Arrays
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import image_features
from kerasrecipes.reports.style import png


def evaluation(model, channels=3, count=24, features=None):
    random = np.random.default_rng(0)
    examples = Arrays(
        random.integers(0, 256, (count, 32, 32, channels), np.uint8), np.arange(count) % 3
    )
    outputs = random.dirichlet(np.ones(3), count)
    info = Info(
        input_shape=(32, 32, channels), classes=("cat", "dog", "a class with a very long name")
    )
    return Evaluation(
        recipe="t",
        model=model,
        info=info,
        examples=examples,
        labels=examples.y,
        outputs=outputs,
        metrics={},
        features=features,
    )


def model(channels=3):
    inputs = keras.Input((32, 32, channels))
    x = layers.Conv2D(4, 3, strides=2, activation="relu")(layers.Rescaling(1 / 255)(inputs))
    x = layers.Conv2D(6, 3, strides=2, activation="relu")(x)
    return keras.Model(
        inputs, layers.Dense(3, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "figure", image_features.SEEING_FIGURES, ids=lambda figure: figure.__name__
)
def test_it_is_drawn(figure, channels):
    drawn = figure(evaluation(model(channels), channels))
    assert png(drawn).startswith(b"\x89PNG") and len(png(drawn)) > 5_000
    assert figure.__doc__


def test_figures_of_images_are_none_of_tables():
    inputs = keras.Input((5,))
    table = keras.Model(inputs, layers.Dense(3, activation="softmax")(inputs))
    assert all(figure(evaluation(table)) is None for figure in image_features.SEEING_FIGURES)


def test_mistakes_come_first_and_are_marked():
    given = evaluation(model())
    texts = [
        text.get_text() for axes in image_features.attention(given).axes for text in axes.texts
    ]
    assert sum(text.startswith("truth ") for text in texts) == 6


def test_neighbours_are_found_by_the_features_at_hand():
    """With one-hot features of the class, every neighbour is of the same class."""
    features = np.eye(3)[np.arange(24) % 3]
    assert (
        "100\u00a0%"
        in image_features.neighbours(evaluation(model(), features=features))._suptitle.get_text()
    )
    features = np.random.default_rng(1).normal(size=(24, 50))
    assert (
        "100\u00a0%"
        not in image_features.neighbours(
            evaluation(model(), features=features)
        )._suptitle.get_text()
    )
