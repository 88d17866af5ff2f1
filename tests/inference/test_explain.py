"""Pictures of where a model looked, beside its answers and over no one's files."""

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasrecipes.data.images.files import Frame
from kerasrecipes.inference.image_classification import classify
from kerasrecipes.recipe import Info


class Trained:
    info = Info(
        input_shape=(32, 32, 3),
        classes=("cat", "dog"),
        facts={"image": Frame(size=(32, 32), channels=3, resize="crop").as_dict()},
    )

    def __init__(self):
        inputs = keras.Input((32, 32, 3))
        x = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(inputs))
        self.model = keras.Model(
            inputs, layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x))
        )


@pytest.fixture
def photo(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "rex.jpg")
    return tmp_path / "rex.jpg"


def test_a_picture_is_written_and_named(photo, tmp_path):
    answer = classify(Trained(), [photo], explain=True, folder=str(tmp_path / "out"))[0]
    assert answer["explanation"] == str(tmp_path / "out" / "rex.explained.png")
    with Image.open(answer["explanation"]) as picture:
        assert picture.format == "PNG" and picture.width > 500
    assert set(answer) >= {"label", "probability", "probabilities"}


def test_nothing_is_overwritten(photo, tmp_path):
    names = [
        classify(Trained(), [photo], explain=True, folder=str(tmp_path))[0]["explanation"]
        for _ in range(2)
    ]
    assert [name.rsplit("/", 1)[1] for name in names] == [
        "rex.explained.png",
        "rex.explained-2.png",
    ]


def test_without_asking_nothing_is_written(photo, tmp_path):
    answer = classify(Trained(), [photo], folder=str(tmp_path / "out"))[0]
    assert "explanation" not in answer and not (tmp_path / "out").exists()


def test_a_broken_file_in_a_folder_does_not_stop_the_others(photo, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"nothing")
    answers = classify(Trained(), [tmp_path], explain=True, folder=str(tmp_path / "out"))
    assert ["explanation" in answer for answer in answers] == [False, True]
