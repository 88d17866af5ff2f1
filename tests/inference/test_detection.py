"""Answers of a detector lie in the pixels of the user's own photograph."""

import io
import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.answers.pixels import Boxes
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.detection import BoxPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference import detection
from kerasrecipes.inference.detection import answers, baseline, detect, scores
from kerasrecipes.info import Info
from kerasrecipes.models.detector import Detector
from kerasrecipes.recipe import Evaluation

SIZE = (64, 96)


@keras.saving.register_keras_serializable(package="tests")
class AroundBright(keras.layers.Layer):
    """Knows the box around bright pixels without training, at one of two locations."""

    def call(self, images):
        ops = keras.ops
        bright = ops.cast(ops.cast(images, "float32")[..., 0] > 190, "float32")
        ends = []
        for axis, length in ((1, SIZE[1]), (2, SIZE[0])):
            line = ops.max(bright, axis=axis)
            place = ops.arange(length, dtype="float32")
            begin = ops.min(ops.where(line > 0, place, 1e3), axis=-1)
            ends.append((begin, ops.max(ops.where(line > 0, place + 1, -1.0), axis=-1)))
        (left, right), (top, bottom) = ends
        box = ops.stack([left, top, right, bottom], axis=-1)
        rest = ops.convert_to_tensor(np.float32([[10, 10, 8, 2, -9, 3]]))
        row = ops.concatenate([box, ops.repeat(rest, ops.shape(box)[0], axis=0)], axis=-1)
        off = ops.convert_to_tensor(np.float32([1, 1, 1, 1, 0, 0, 0, 0, 0, -2]))
        return ops.stack([row, row + off], axis=1)

    def compute_output_shape(self, shape):
        return shape[0], 2, 10


class Run:
    """A trained run, as `predict` sees it."""

    def __init__(self):
        inputs = keras.Input((*SIZE, 3))
        self.model = Detector(inputs, AroundBright()(inputs))
        preprocessor = BoxPreprocessor(size=SIZE)
        self.info = Info(input_shape=(*SIZE, 3), classes=("cat", "dog"), preprocessor=preprocessor)
        self.metrics = {"test": {"threshold": 0.4}}


@pytest.fixture(scope="module")
def run():
    return Run()


def bright(size, box):
    image = np.zeros((*size, 3), np.uint8)
    left, top, right, bottom = box
    image[top:bottom, left:right] = 255
    return image


@pytest.mark.parametrize("size", [(64, 96), (200, 150), (640, 1000), (20, 30)])
@pytest.mark.parametrize("gray", [False, True])
def test_boxes_are_in_the_photographs_own_pixels(run, tmp_path, size, gray):
    height, width = size
    box = (width // 5, height // 4, width // 2, height // 2)
    image = Image.fromarray(bright(size, box))
    image.convert("L" if gray else "RGB").save(tmp_path / "a.png")
    (found,) = detect(run, [tmp_path / "a.png"])
    assert isinstance(found, Boxes) and len(found.boxes) == 1
    own = found.boxes[0]
    assert own.label == "dog" and own.probability == pytest.approx(0.92, abs=0.01)
    np.testing.assert_allclose(own[2:], box, atol=1.2 * max(1, height / 64))
    assert found.picture().shape == (height, width, 3)
    written = json.loads(json.dumps(found.to_dict()))["boxes"][0]
    assert written["label"] == "dog" and written["left"] == own.left


def test_options_decide_what_counts(run, tmp_path):
    Image.fromarray(bright((64, 96), (10, 10, 40, 40))).save(tmp_path / "a.png")

    def found(**options):
        return len(detect(run, [tmp_path / "a.png"], **options)[0].boxes)

    assert found() == 1 and found(threshold=0.95) == 0
    # The other location's answer, which suppression takes for the same object.
    assert found(overlap=0.99) == 2 and found(overlap=0.99, most=1) == 1
    for options, message in (
        ({"threshold": 1.5}, "--threshold 1.5: expected a share"),
        ({"overlap": -1.0}, "--overlap -1: expected a share"),
        ({"most": 0}, "--most 0: expected a number"),
    ):
        with pytest.raises(UserError, match=message):
            found(**options)


def test_folders_blank_images_and_what_is_no_image(run, tmp_path):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"none")
    blank, broken = detect(run, [tmp_path])
    assert blank.notes == ["the image is blank"] and blank.said() == "nothing found"
    assert "cannot be read as an image" in broken["error"]
    with pytest.raises(UserError, match="cannot be read as an image"):
        detect(run, [tmp_path / "b.png"])
    buffer = io.BytesIO()
    Image.fromarray(bright((64, 96), (10, 10, 40, 40))).save(buffer, "PNG")
    assert len(detect(run, [buffer.getvalue()])[0].boxes) == 1


def test_scores_and_the_baseline_of_frequent_boxes(run, monkeypatch):
    boxes = [(10, 10, 40, 40), (50, 20, 90, 60), (10, 12, 42, 40)]
    images = np.stack([bright(SIZE, box) for box in boxes])
    labels = np.float32([[[*box, 1, 0], [0, 0, 0, 0, -1, 0]] for box in boxes])
    part = Arrays(images, labels)
    evaluation = Evaluation(
        recipe="detector",
        model=run.model,
        info=run.info,
        examples=part,
        labels=labels,
        outputs=answers(run.model, run.info, part),
        metrics={},
        train=part,
    )
    found = scores(replace(evaluation, validation=part))
    # Without other images nothing is chosen by those that are judged.
    assert "threshold" not in scores(evaluation)
    monkeypatch.setattr(detection, "best_threshold", lambda labels, *_: (float(len(labels)), 1.0))
    one = replace(evaluation, validation=part.select(np.array([1])))
    assert scores(one)["threshold"] == 1.0  # of one validation image, not of the three judged
    assert found["ap50"] == found["map"] == pytest.approx(1)
    assert found["threshold"] == pytest.approx(0.92, abs=0.01)
    line = np.array(found["precision_by_recall"])
    assert line.shape == (21, 2) and (line[:, 1] == 1).all()
    constant = baseline(evaluation)
    # Of two that are alike one is enough.
    assert constant.answer.shape == (2, 6) and (constant.answer[:, 5] == 1).all()
    np.testing.assert_allclose(constant.answer[:, 4], [2 / 3, 1 / 3])
