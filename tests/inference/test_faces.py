"""Answers about faces, and scores over the labels that are known."""

import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.faces import FacePreprocessor
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.faces import baseline, describe, scores
from kerasrecipes.info import Info
from kerasrecipes.models.multi_head import multi_head
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import faces as figures
from kerasrecipes.tasks.faces import heads_of

PREPROCESSOR = FacePreprocessor(
    image=ImagePreprocessor(frame=Frame(size=(16, 16), channels=3, resize="crop")),
    outputs=("emotion", "gender", "age"),
    gender=("male", "female"),
    emotion=("angry", "happy", "sad"),
    age=(40.0, 10.0),
)


class Run:
    def __init__(self):
        self.info = Info(input_shape=(16, 16, 3), preprocessor=PREPROCESSOR)
        tasks = heads_of(self.info)
        self.model = multi_head((16, 16, 3), tasks, target={"age": (40.0, 10.0)}, filters=(4,))


@pytest.fixture(scope="module")
def run():
    return Run()


def test_a_face_is_described(run, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (30, 20, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    Image.new("L", (20, 20)).save(tmp_path / "b.png")
    (tmp_path / "c.png").write_bytes(b"none")
    one, blank, broken = describe(run, [tmp_path])
    assert one["gender"] in PREPROCESSOR.gender and 0.3 < one["emotion_probability"] <= 1
    assert one["age"] >= 0 and "age" in one.line()
    assert blank.notes == ["the image is blank"] and "error" in broken
    for inputs, message in (([], "there is no image"), ([tmp_path / "c.png"], "cannot be read")):
        with pytest.raises(UserError, match=message):
            describe(run, inputs)


def evaluation(run, missing, count=40):
    random = np.random.default_rng(0)
    labels = {
        "emotion": random.integers(0, 3, count),
        "gender": random.integers(0, 2, count),
        "age": random.uniform(5, 80, (count, 1)).astype(np.float32),
    }
    outputs = {
        "emotion": np.eye(3)[labels["emotion"]] * 0.7 + 0.1,
        "gender": np.full((count, 2), [0.6, 0.4]),
        "age": labels["age"] + 4,
    }
    hidden = {name: random.random(count) < missing for name in labels}
    labels["age"][hidden["age"]] = np.nan
    for name in ("emotion", "gender"):
        labels[name][hidden[name]] = -1
    images = random.integers(0, 255, (count, 16, 16, 3), np.uint8)
    split = Arrays(images, labels)
    return Evaluation(
        recipe="faces",
        model=None,
        info=run.info,
        examples=split,
        labels=labels,
        outputs={name: values.astype(np.float32) for name, values in outputs.items()},
        metrics={},
        train=split,
    )


@pytest.mark.parametrize("missing", [0.0, 0.5, 1.0])
def test_only_known_labels_are_scored_and_drawn(run, missing):
    given = evaluation(run, missing)
    found = scores(given)
    if missing == 1:
        assert found == {}
    else:
        assert found["emotion_accuracy"] == 1
        assert found["age_mean_absolute_error"] == pytest.approx(4, rel=1e-3)
        known = given.labels["gender"] >= 0
        male = (given.labels["gender"][known] == 0).mean()
        assert found["gender_accuracy"] == pytest.approx(male)
        plain = baseline(given)
        assert plain.outputs["age"][0, 0] == pytest.approx(
            np.nanmean(given.labels["age"]), rel=1e-4
        )
    drawn = [draw(given) for draw in figures.FACE_FIGURES[1:]]
    assert drawn[0] is not None and (missing == 1 or all(drawn))
