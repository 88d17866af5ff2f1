"""Points lie in the pixels of the user's own photograph."""

import json

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.answers.pixels import Points
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.detection import BoxPreprocessor
from kerasrecipes.data.images.landmarks import LandmarkPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.landmarks import baseline, find_points, scores
from kerasrecipes.info import Info
from kerasrecipes.layers.landmarks import ExpectedPlaces
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports import landmarks as figures


class Run:
    """A run that knows the middle of what is bright, without a training."""

    def __init__(self):
        inputs = keras.Input((64, 64, 3))
        x = keras.layers.Rescaling(1 / 6, offset=-30.0)(inputs)
        self.model = keras.Model(inputs, ExpectedPlaces()(x[..., :2]))
        frame = BoxPreprocessor(size=(64, 64), channels=3)
        preprocessor = LandmarkPreprocessor(frame=frame, names=("left eye", "right eye"))
        self.info = Info(input_shape=(64, 64, 3), preprocessor=preprocessor)


@pytest.fixture(scope="module")
def run():
    return Run()


@pytest.mark.parametrize("size", [(64, 64), (64, 40), (200, 150), (30, 55)])
def test_points_are_in_the_photographs_own_pixels(run, tmp_path, size):
    height, width = size
    image = np.zeros((*size, 3), np.uint8)
    x, y = width // 3, height // 2
    image[y - 3 : y + 3, x - 3 : x + 3] = 255
    Image.fromarray(image).save(tmp_path / "a.png")
    (answer,) = find_points(run, [tmp_path / "a.png"])
    assert isinstance(answer, Points) and answer.picture().shape == (*size, 3)
    for point in answer.points:
        assert point.x == pytest.approx(x, abs=1.5) and point.y == pytest.approx(y, abs=1.5)
    written = json.loads(json.dumps(answer.to_dict()))["points"]
    assert [point["name"] for point in written] == ["left eye", "right eye"]


def test_folders_blank_images_and_what_is_no_image(run, tmp_path):
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"none")
    blank, broken = find_points(run, [tmp_path])
    assert blank.notes == ["the image is blank"] and "cannot be read" in broken["error"]
    with pytest.raises(UserError, match="cannot be read as an image"):
        find_points(run, [tmp_path / "b.png"])
    with pytest.raises(UserError, match="there is no image to look at"):
        find_points(run, [])


def evaluation(run, missing=0.0, count=9):
    random = np.random.default_rng(0)
    truth = (np.array([[0.3, 0.4], [0.7, 0.4]]) + random.normal(0, 0.05, (count, 2, 2))).astype(
        np.float32
    )
    found = truth + random.normal(0, 0.01, truth.shape).astype(np.float32)
    truth[random.random((count, 2)) < missing] = np.nan
    split = Arrays(random.integers(0, 255, (count, 64, 64, 3), np.uint8), truth)
    return Evaluation(
        recipe="landmarks",
        model=None,
        info=run.info,
        examples=split,
        labels=truth,
        outputs=found,
        metrics={},
        train=split,
    )


@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
def test_scores_baseline_and_figures_leave_out_what_is_missing(run, missing):
    given = evaluation(run, missing)
    found = scores(given)
    if missing == 1:
        assert found == {}
    else:
        assert found["nme"] > 0 and set(found["by_target"]) <= {"left eye", "right eye"}
        assert np.isfinite(baseline(given).answer).all()
        drawn = [draw(given) for draw in figures.LANDMARK_FIGURES[1:]]
        assert all(drawn)
        titles = [figure.get_suptitle() for figure in drawn]
        assert "have an error below" in titles[0] and "fail" in titles[1]
