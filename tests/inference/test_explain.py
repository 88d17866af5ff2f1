"""Pictures of where a model looked, beside its answers and over no one's files."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from kerasrecipes.cli import main
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.inference.image_classification import classify
from kerasrecipes.info import Info
from kerasrecipes.reports import explain

RELEASED = Path(__file__).parents[1] / "runs" / "released"


class Trained:
    info = Info(
        input_shape=(32, 32, 3),
        classes=("cat", "dog"),
        preprocessor=ImagePreprocessor(frame=Frame(size=(32, 32), channels=3, resize="crop")),
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
    (answer,) = explain.write_all(classify(Trained(), [photo], explain=True), tmp_path / "out")
    assert answer["explanation"] == str(tmp_path / "out" / "rex.explained.png")
    with Image.open(answer["explanation"]) as picture:
        assert picture.format == "PNG" and picture.width > 500
    assert set(answer) >= {"label", "probability", "probabilities"}


def test_nothing_is_overwritten(photo, tmp_path):
    names = [
        explain.write_all(classify(Trained(), [photo], explain=True), tmp_path)[0]["explanation"]
        for _ in range(2)
    ]
    assert [name.rsplit("/", 1)[1] for name in names] == [
        "rex.explained.png",
        "rex.explained-2.png",
    ]


def test_without_asking_nothing_is_written(photo, tmp_path):
    answers = classify(Trained(), [photo])
    assert explain.write_all(answers, tmp_path / "out") == answers
    assert "explanation" not in answers[0] and not (tmp_path / "out").exists()


def test_a_broken_file_in_a_folder_does_not_stop_the_others(photo, tmp_path):
    (tmp_path / "broken.png").write_bytes(b"nothing")
    answers = classify(Trained(), [tmp_path], explain=True)
    assert ["explanation" in answer for answer in answers] == [False, True]


def test_the_command_line_writes_it_into_a_folder(photo, tmp_path, capsys):
    run = RELEASED / "lenet" / "finished"
    assert main(["predict", str(run), str(photo), "--explain", "--folder", str(tmp_path)]) == 0
    assert f"(see {tmp_path}/rex.explained.png)" in capsys.readouterr().out
    assert main(["predict", str(run), str(photo), "--folder", str(tmp_path), "--json"]) == 0
    assert "explanation" not in capsys.readouterr().out
