from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.augmentation import augmented
from kerasrecipes.info import Info
from kerasrecipes.models.augmentation import augmentation
from kerasrecipes.recipe import Splits
from kerasrecipes.reports import image_classification, style


def pixels(figure):
    return [axes.images[0].get_array() for axes in figure.axes]


def test_worst_mistakes_shows_the_surest_first_and_the_right_pictures(evaluate, texts):
    chances = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8], [0.3, 0.7]])
    x = np.stack([np.full((8, 8, 1), value, np.uint8) for value in (0, 51, 102, 255)])
    figure = image_classification.worst_mistakes(
        evaluate(chances, [1, 0, 0, 1], classes=["cat", "dog"], x=x)
    )
    assert figure.get_suptitle() == "All 2\u00a0mistakes in 4\u00a0images, the most confident first"
    assert [float(picture.mean()) for picture in pixels(figure)] == pytest.approx([0.4, 0.0])
    assert {"dog · 80%", "truth cat · 20%", "cat · 60%", "truth dog · 40%"} <= set(texts(figure))


def test_no_mistakes_no_figure(evaluate):
    assert image_classification.worst_mistakes(evaluate(np.eye(2), [0, 1])) is None


def test_at_most_eighteen(evaluate, guesses):
    chances, labels = guesses(10, 300)
    figure = image_classification.worst_mistakes(evaluate(chances, (labels + 1) % 10))
    assert len(figure.axes) == 18
    assert figure.get_suptitle().startswith("The 18 most confident of")


def test_inputs_that_are_no_images_have_no_figure(evaluate):
    assert (
        image_classification.worst_mistakes(evaluate(np.eye(2), [1, 0], x=np.zeros((2, 7)))) is None
    )


@pytest.mark.parametrize("shape", [(28, 28, 1), (300, 20, 3)])
@pytest.mark.filterwarnings("error")
def test_all_classification_figures_render(evaluate, guesses, history, shape):
    chances, labels = guesses(5, 60)
    names = ["a very, very long name of a class", "<b>&", "$x$", "語", "e"]
    evaluation = evaluate(chances, labels, classes=names, shape=shape, history=history)
    notes: list[str] = []
    made = style.drawn(evaluation, image_classification.CLASSIFICATION_FIGURES[:4], notes)
    assert not notes
    assert [name for name, _, _ in made] == [
        "curves",
        "confusion_matrix",
        "worst_mistakes",
        "confidence",
    ]


def test_what_the_training_saw_stands_below_the_images(evaluate):
    x = np.zeros((12, 8, 8, 1), np.uint8)
    x[:, :, 4:] = 250
    info = Info(input_shape=(8, 8, 1), classes=("cat", "dog"))
    part = Arrays(x, np.arange(12) % 2)
    train = augmented(Splits(train=part, validation=part, test=part, info=info), mixup=1.0).train
    inputs = keras.Input((8, 8, 1))
    (flip,) = augmentation(flip=True)
    model = keras.Model(inputs, flip(inputs))
    evaluation = replace(
        evaluate(np.eye(2), [0, 1], classes=["cat", "dog"]),
        model=model,
        train=train,
        settings={"mixup": 1.0, "cutout": 0.0},
    )
    figure = image_classification.augmented_examples(evaluation)
    assert figure.get_suptitle() == "What the training sees: flip, mixup"
    first, *others = np.split(np.stack(pixels(figure)), 4)
    assert (first[..., 4:] > 0.9).all()
    # Some are mirrored, others not, and again the same in another drawing.
    left = np.stack(others)[..., :4].mean(axis=(2, 3)) > 0.5
    assert left.any() and not left.all()
    again = np.stack(pixels(image_classification.augmented_examples(evaluation)))
    np.testing.assert_array_equal(again[6:], np.concatenate(others))
    plain = replace(evaluation, model=keras.Model(inputs, keras.layers.Flatten()(inputs)))
    assert image_classification.augmented_examples(replace(plain, settings={})) is None
