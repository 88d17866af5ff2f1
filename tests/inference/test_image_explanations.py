"""What an answer about an image hangs on is found, whatever kind of answer it is."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers, ops
from PIL import Image

from kerasrecipes.data.images.detection import BoxPreprocessor
from kerasrecipes.data.images.faces import FacePreprocessor
from kerasrecipes.data.images.frames import Frame
from kerasrecipes.data.images.landmarks import LandmarkPreprocessor
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.data.images.segmentation import MaskPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.detection import detect
from kerasrecipes.inference.embedding import compare
from kerasrecipes.inference.faces import describe
from kerasrecipes.inference.image_explanations import heat_map
from kerasrecipes.inference.landmarks import find_points
from kerasrecipes.inference.segmentation import segment
from kerasrecipes.info import Info
from kerasrecipes.interpret.explanation import HeatMap
from kerasrecipes.models.detector import Detector

SIDE = 16
SHAPE = (SIDE, SIDE, 3)
METHODS = ("occlusion", "integrated_gradients")


def left(inputs):
    """The mean brightness of the left half, from 0 to 1, (images, 1): all that models here see."""
    return layers.GlobalAveragePooling2D()(inputs[:, :, : SIDE // 2, :1] / 255)


class Run:
    """A run as `predict` sees it."""

    def __init__(self, outputs, preprocessor, classes=None, kind=keras.Model):
        inputs = keras.Input(SHAPE)
        self.model = kind(inputs, outputs(inputs))
        self.metrics = {"test": {"threshold": 0.1, "steepness": 5.0}}
        self.info = Info(input_shape=SHAPE, classes=classes, preprocessor=preprocessor)


def masks(inputs):
    share = 0 * inputs[..., :1] + left(inputs)[:, None, None]
    return ops.concatenate([1 - share, share], axis=-1)


def boxes(inputs):
    logit = 4 * left(inputs) - 1
    rest = ops.concatenate([0 * logit + number for number in (2, 2, 9, 9, 4, 4, 8)], axis=-1)
    return ops.concatenate([rest, 0 * logit + 3, 0 * logit - 5, logit], axis=-1)[:, None]


def points(inputs):
    share = left(inputs)
    fixed = 0 * share + 0.3
    return ops.stack([ops.concatenate([share, fixed], -1), ops.concatenate([fixed] * 2, -1)], 1)


def attributes(inputs):
    share = left(inputs)
    chances = ops.concatenate([1 - share, share], axis=-1)
    return {"gender": chances, "age": 90 * share}


def vectors(inputs):
    share = left(inputs)
    return layers.UnitNormalization()(ops.concatenate([share, 1 - share, 0 * share + 0.5], -1))


PLAIN = ImagePreprocessor(frame=Frame(size=SHAPE[:2], channels=3, resize="crop"))
BOXES = BoxPreprocessor(size=SHAPE[:2])
ANSWERS = {
    "segmentation": (segment, lambda: Run(masks, MaskPreprocessor(size=SHAPE[:2]), ("no", "yes"))),
    "detector": (detect, lambda: Run(boxes, BOXES, ("cat", "dog"), Detector)),
    "landmarks": (
        find_points,
        lambda: Run(points, LandmarkPreprocessor(frame=BOXES, names=("nose", "chin"))),
    ),
    "faces": (
        describe,
        lambda: Run(
            attributes,
            FacePreprocessor(
                image=PLAIN, outputs=("gender", "age"), gender=("male", "female"), age=(40.0, 10.0)
            ),
        ),
    ),
    "embedding": (compare, lambda: Run(vectors, PLAIN)),
}


@pytest.fixture(scope="module", params=ANSWERS)
def asked(request):
    answer, run = ANSWERS[request.param]
    return answer, run()


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(0)
    for name in "ab":
        pixels = random.integers(0, 120, SHAPE, np.uint8)
        pixels[:, : SIDE // 2] = random.integers(200, 255, (SIDE, SIDE // 2, 3))
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    return [tmp_path / "a.png", tmp_path / "b.png"]


@pytest.mark.parametrize("method", METHODS)
def test_the_half_that_decides_is_warm(asked, files, method):
    answer, run = asked
    *_, last = answer(run, files, explain=True, method=method)
    shown = last.explanation
    assert isinstance(shown, HeatMap) and shown.title
    assert shown.image.shape == SHAPE and shown.heat.shape == SHAPE[:2]
    assert shown.heat.min() >= 0 and shown.heat.max() == pytest.approx(1)
    warm, cold = shown.heat[:, : SIDE // 2].mean(), shown.heat[:, SIDE // 2 + 3 :].mean()
    assert warm > 4 * cold and warm > 0.2, (warm, cold)
    assert all(one.explanation is None for one in answer(run, files))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        *(("segmentation", "no"), ("detector", "cat"), ("landmarks", "nose")),
        *(("faces", "gender"), ("faces", "age")),
    ],
)
def test_what_is_explained_is_chosen_by_name(name, known, files):
    answer, run = ANSWERS[name][0], ANSWERS[name][1]()
    (found,) = answer(run, files[:1], explain=True, of=known)
    assert known in found.explanation.title
    with pytest.raises(UserError, match=f"'{known}z'.*did you mean '?{known}"):
        answer(run, files[:1], explain=True, of=f"{known}z")


@pytest.mark.parametrize(
    ("name", "warm", "cold"), [("segmentation", "yes", "no"), ("detector", "dog", "cat")]
)
def test_of_classes_only_the_one_that_light_speaks_for_is_warm(name, warm, cold, files):
    answer, run = ANSWERS[name][0], ANSWERS[name][1]()
    for of, expected in ((warm, 1), (cold, 0)):
        (found,) = answer(run, files[:1], explain=True, of=of)
        assert found.explanation.heat.max() == pytest.approx(expected, abs=1e-6)


def test_a_point_that_stays_has_no_warm_place(files):
    (found,) = find_points(ANSWERS["landmarks"][1](), files[:1], explain=True, of="chin")
    assert not found.explanation.heat.any()


def test_the_nearest_of_a_gallery_is_explained(files):
    run = ANSWERS["embedding"][1]()
    (found,) = compare(run, files[:1], gallery=str(files[0].parent), explain=True)
    assert found.explanation.title.startswith("like a") and found.explanation.heat.max() > 0


def test_an_export_has_no_gradients():
    image = np.zeros(SHAPE, np.uint8)
    with pytest.raises(UserError, match="--method occlusion"):
        heat_map(object(), image, lambda outputs: outputs, "integrated_gradients", "x")


def test_one_image_alone_has_no_likeness(files):
    with pytest.raises(UserError, match="give a second image, or --gallery"):
        compare(ANSWERS["embedding"][1](), files[:1], explain=True)


def test_an_export_is_asked_without_keras():
    program = (
        "import sys; from kerasrecipes.inference import embedding, segmentation; "
        "print([name for name in ('keras', 'tensorflow', 'jax') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
