"""Answers about two photographs, and about one and a gallery."""

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.embedding import baseline, compare, scores
from kerasrecipes.info import Info
from kerasrecipes.recipe import Evaluation

COLOURS = {"red": (250, 9, 9), "green": (9, 250, 9), "blue": (9, 9, 250)}


class Run:
    """A run whose vectors are mean colours: pictures of one colour are the same."""

    def __init__(self):
        inputs = keras.Input((8, 8, 3))
        x = keras.layers.Rescaling(1 / 255)(inputs)
        x = keras.layers.GlobalAveragePooling2D()(x)
        self.model = keras.Model(inputs, keras.layers.UnitNormalization()(x))
        frame = Frame(size=(8, 8), channels=3, resize="crop")
        self.info = Info(input_shape=(8, 8, 3), preprocessor=ImagePreprocessor(frame=frame))
        self.metrics = {"test": {"threshold": 0.5, "steepness": 10.0}}


@pytest.fixture(scope="module")
def run():
    return Run()


@pytest.fixture
def files(tmp_path):
    random, found = np.random.default_rng(0), {}
    for name, colour in COLOURS.items():
        for number in (1, 2):
            path = tmp_path / "all" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            pixels = np.clip(random.normal(colour, 6, (20, 30, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(path)
            found[f"{name}{number}"] = path
    return found


def test_two_images_are_said_to_be_the_same_or_not(run, files):
    same, different = compare(run, [files["red1"], files["red2"], files["blue1"]])
    assert (same.label, different.label) == ("same", "different")
    assert same.probability > 0.98 and different.probability > 0.99
    assert same.score < 0.5 < different.score and str(files["red2"]) in same.input
    (strict,) = compare(run, [files["red1"], files["red2"]], threshold=0.0)
    assert strict.label == "different"


def test_the_nearest_of_a_gallery_is_found_and_a_stranger_noted(run, files, tmp_path):
    folder = str(tmp_path / "all")
    (answer,) = compare(run, [files["green2"]], gallery=folder, top=2)
    assert answer.label == "green" and len(answer.probabilities) == 2 and not answer.notes
    Image.new("RGB", (9, 9), (120, 120, 120)).save(tmp_path / "gray.png")
    (stranger,) = compare(run, [tmp_path / "gray.png"], gallery=folder)
    assert "nobody of the gallery is near" in stranger.notes[0]
    names = tmp_path / "names"
    names.mkdir()
    files["red1"].rename(names / "Ann_01.png")
    (named,) = compare(run, [files["red2"]], gallery=str(names))
    assert named.label == "Ann"


def test_one_image_has_a_vector(run, files):
    (answer,) = compare(run, [files["red1"].read_bytes()])
    assert len(answer["values"]) == 3 and "give two" in answer.notes[0]


def test_what_cannot_be_answered_is_said_in_a_line(run, files, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "all" / "red" / "x.png").write_bytes(b"none")
    for inputs, options, message in (
        ([files["red1"]], {"gallery": str(tmp_path / "none")}, "there is no such folder"),
        ([files["red1"]], {"gallery": str(tmp_path / "empty")}, "holds no images"),
        ([files["red1"]], {"threshold": 3.0}, "--threshold 3: expected a distance from 0 to 2"),
        ([files["red1"]], {"top": 0}, "--top 0: expected at least 1"),
        ([], {}, "there is no image to look at"),
        ([tmp_path / "all" / "red" / "x.png"], {}, "cannot be read as an image"),
    ):
        with pytest.raises(UserError, match=message) as error:
            compare(run, inputs, **options)
        assert "\n" not in str(error.value)
    *good, failed = compare(run, [files["blue1"], tmp_path / "all" / "red"])
    assert len(good) == 2 and "error" in failed


def evaluation(run, seed=0, **given):
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), 6)
    colours = np.array(list(COLOURS.values()))[labels]
    # Brightness and noise tell pixels apart, and not the model.
    x = colours[:, None, None] * random.uniform(0.2, 1, (18, 1, 1, 1))
    x = np.clip(x + random.normal(0, 20, (18, 8, 8, 3)), 0, 255).astype(np.uint8)
    split = Arrays(x, labels)
    return Evaluation(
        recipe="embedding",
        model=run.model,
        info=run.info,
        examples=split,
        labels=labels,
        outputs=run.model.predict(x, verbose=0),
        metrics={},
        **given,
    )


def test_scores_choose_their_threshold_on_validation_images(run):
    validation = evaluation(run, 1).examples
    found = scores(evaluation(run, validation=validation))
    assert found["auc"] > 0.95 and 0.1 < found["threshold"] < 1.3
    assert found["balanced_accuracy"] > 0.9 and found["one_shot"] > 0.9
    assert "threshold" not in scores(evaluation(run))
    plain = baseline(evaluation(run))
    assert plain.metrics["auc"] < found["auc"] and "roc" not in plain.metrics
