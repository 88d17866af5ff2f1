"""Pictures of a user's own inputs, and how they are judged."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.image_translation import prepare_pairs
from kerasrecipes.data.synthetic.scene_materials import MATERIALS, material_scene
from kerasrecipes.errors import UserError
from kerasrecipes.inference import image_translation
from kerasrecipes.info import Info
from kerasrecipes.models.pix2pix import pix2pix
from kerasrecipes.recipe import Evaluation, Splits
from kerasrecipes.reports.image_translation import TRANSLATION_FIGURES

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def splits():
    scenes = [material_scene(np.random.default_rng(number)) for number in range(4)]
    part = Arrays(*(np.stack(half) for half in zip(*scenes, strict=True)))
    info = Info(classes=tuple(MATERIALS))
    whole = Splits(train=part, validation=part, test=part, info=info)
    return prepare_pairs(whole, image_size=(32,))


@pytest.fixture(scope="module")
def run(splits):
    keras.utils.set_random_seed(0)
    model = pix2pix((32, 32, 3), splits.info.preprocessor.palette, filters=2)
    return SimpleNamespace(model=model, info=splits.info)


def test_an_input_of_any_size_and_mode_gives_a_picture_of_its_size(run, tmp_path):
    labels = np.kron(RANDOM.integers(0, 4, (3, 5)), np.ones((9, 9))).astype(np.uint8)
    colours = run.info.preprocessor.coloured(labels)
    forms = {"indices": labels, "colours": colours, "photo": RANDOM.integers(0, 255, (27, 45, 3))}
    found = {}
    for name, pixels in forms.items():
        Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{name}.png")
        (found[name],) = image_translation.translate(run, [tmp_path / f"{name}.png"])
        assert found[name]["image"].shape == (27, 45, 3)
    np.testing.assert_array_equal(found["indices"]["image"], found["colours"]["image"])
    assert not found["colours"].notes and "of no class" in found["photo"].notes[0]
    (tmp_path / "b.png").write_bytes(b"nothing")
    with pytest.raises(UserError, match=r"b\.png cannot be read"):
        image_translation.translate(run, [tmp_path / "b.png"])
    kinds = [answer.kind for answer in image_translation.translate(run, [tmp_path])]
    assert sorted(kinds) == ["error", "image", "image", "image"]


def test_sharpness_falls_with_blur():
    real = RANDOM.integers(0, 256, (3, 32, 48, 3), np.uint8)
    blurred = gaussian_filter(real, (0, 1.5, 1.5, 0))
    assert image_translation.sharpness(real, real) == pytest.approx(1)
    assert image_translation.sharpness(blurred, real) < 0.5


def test_scores_baseline_and_figures(run, splits):
    evaluation = Evaluation(
        recipe="pix2pix",
        model=run.model,
        info=splits.info,
        examples=splits.test,
        labels=None,
        outputs=None,
        metrics={},
        history=[{"epoch": 1, "generator_loss": 0.1}],
        film=[(epoch, splits.test.take(np.arange(4))[1]) for epoch in (1, 3)],
    )
    found = image_translation.scores(evaluation)
    assert set(found) == {"mean_iou", "real_mean_iou", "fine_detail", "mean_absolute_error"}
    baseline = image_translation.baseline(evaluation)
    assert set(baseline.metrics) == {"mean_iou", "fine_detail", "mean_absolute_error"}
    for figure in TRANSLATION_FIGURES:
        drawn = figure(evaluation)
        assert figure.__name__ == "curves" or drawn.get_suptitle()
    without = pix2pix((32, 32, 3), (), filters=2, plain=False)
    assert set(image_translation.scores(SimpleNamespace(**{**vars(evaluation), "model": without})))
