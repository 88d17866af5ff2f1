"""Restoring images of any size by tiles, and judging them by published protocols."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import synthetic
from kerasrecipes.data.images.degradation import Degradation
from kerasrecipes.data.images.image_restoration import RestorationPreprocessor, prepare_patches
from kerasrecipes.errors import UserError
from kerasrecipes.inference import image_restoration
from kerasrecipes.info import Info
from kerasrecipes.models.dncnn import dncnn
from kerasrecipes.models.super_resolver import super_resolver
from kerasrecipes.recipe import Evaluation, Request
from kerasrecipes.reports.image_restoration import RESTORATION_FIGURES

RANDOM = np.random.default_rng(0)


def run_of(kind, strength, model):
    degradation = Degradation(kind=kind, strength=strength)
    preprocessor = RestorationPreprocessor.fit(degradation, 16)
    info = Info(input_shape=(16, 16, 1), preprocessor=preprocessor)
    return SimpleNamespace(model=model, info=info)


@pytest.fixture(scope="module")
def larger():
    keras.utils.set_random_seed(0)
    return run_of("reduction", 2, super_resolver(2, filters=4, blocks=1))


@pytest.fixture(scope="module")
def cleaner():
    keras.utils.set_random_seed(0)
    return run_of("noise", 20.0, dncnn(1, depth=3, filters=4, batch_normalization=False))


@pytest.mark.parametrize("kind", ["larger", "cleaner"])
def test_tiles_give_what_the_whole_image_would(kind, request):
    run = request.getfixturevalue(kind)
    scale = run.info.preprocessor.scale
    plane = RANDOM.integers(0, 255, (70, 131), np.uint8)
    found = image_restoration.tiled(run.model, plane, scale)
    assert found.shape == (70 * scale, 131 * scale)
    margin = image_restoration.sight(run.model)
    padded = np.pad(plane, margin, mode="symmetric")[None, ..., None]
    whole = np.asarray(run.model(padded.astype(np.float32)))[0, ..., 0]
    inner = whole[margin * scale : -margin * scale, margin * scale : -margin * scale]
    expected = np.rint(inner.clip(0, 1) * 255)
    assert np.abs(found - expected).max() <= 1


def test_the_film_shows_a_patch_of_each_of_the_first_images(cleaner):
    whole = synthetic.textured_scenes().load(Request(seed=0)).limited(30, 0)
    degradation = cleaner.info.preprocessor.degradation
    part = prepare_patches(whole, degradation, patch=16, patches=2).validation
    found = image_restoration.snapshot(cleaner.model, cleaner.info, part)
    assert found.shape == (min(10, len(part.numbers)), 16, 16, 1)
    # Of a picture the same patch each time, as it is judged by.
    again = image_restoration.snapshot(cleaner.model, cleaner.info, part)
    np.testing.assert_array_equal(found, again)
    x = part.take(np.flatnonzero(part.places[:, 0] == part.numbers[-1])[:1])[0]
    if len(part.numbers) <= 10:
        np.testing.assert_allclose(found[-1:], cleaner.model.predict_on_batch(x), atol=1e-5)


def test_an_ensemble_does_not_depend_on_how_an_image_is_turned(cleaner):
    plane = RANDOM.integers(0, 255, (64, 64), np.uint8)
    one, other = (image_restoration.tiled(cleaner.model, p, 1, True) for p in (plane, plane.T))
    assert np.abs(one.astype(int) - other.T).max() <= 1
    alone = image_restoration.tiled(cleaner.model, plane.T, 1)
    assert np.abs(one.astype(int) - alone.T).max() > 1


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "1"])
def test_a_picture_of_any_size_and_mode_is_restored(larger, cleaner, mode, tmp_path):
    image = Image.fromarray(RANDOM.integers(0, 255, (5, 81, 3), np.uint8)).convert(mode)
    image.save(tmp_path / "a.png")
    channels = 3 if mode.startswith("RGB") else 1
    (answer,) = image_restoration.restore(larger, [tmp_path / "a.png"])
    assert answer["image"].shape == (10, 162, channels)
    (answer,) = image_restoration.restore(cleaner, [tmp_path / "a.png"])
    assert answer["image"].shape == (5, 81, channels)


def test_hostile_inputs(larger, tmp_path, monkeypatch):
    Image.new("RGB", (30, 20), "red").save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"nothing")
    answers = image_restoration.restore(larger, [tmp_path])
    assert [answer.kind for answer in answers] == ["image", "error"]
    assert answers[0].notes == ["the image is blank"]
    with pytest.raises(UserError, match=r"b\.png cannot be read"):
        image_restoration.restore(larger, [tmp_path / "b.png"])
    monkeypatch.setattr(image_restoration, "MOST_TILES", 2)
    Image.new("L", (130, 64)).save(tmp_path / "large.png")
    with pytest.raises(UserError, match="130 x 64 pixels has 3 tiles"):
        image_restoration.restore(larger, [tmp_path / "large.png"])


def test_the_linear_filter_is_the_best_of_its_kind():
    y = RANDOM.random((4, 20, 20, 1))
    kernel = np.zeros((7, 7))
    kernel[3, 3], kernel[2, 4] = 0.5, 0.25
    shifted = np.roll(y, (1, -1), axis=(1, 2))
    x = 255 * y
    weights = image_restoration.linear_filter(x, 0.5 * y + 0.25 * shifted + 0.1)
    # Rolled patches are right inside, where the windows lie.
    np.testing.assert_allclose(weights[:-1].reshape(7, 7), kernel, atol=1e-3)
    assert weights[-1] == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("kind", ["larger", "cleaner"])
def test_scores_baseline_and_figures(kind, request):
    run = request.getfixturevalue(kind)
    splits = synthetic.textured_scenes().load(Request(seed=0)).limited(6, 0)
    degradation = run.info.preprocessor.degradation
    splits = prepare_patches(splits, degradation, patch=16, patches=4)
    splits.test.planes.images.set_names = ["Set 5", ""]
    evaluation = Evaluation(
        recipe="restore",
        model=run.model,
        info=splits.info,
        examples=splits.test,
        labels=None,
        outputs=image_restoration.answers(run.model, splits.info, splits.test),
        metrics={},
        train=splits.train,
        history=[{"epoch": 1, "loss": 0.1, "val_loss": 0.1}],
        film=[(epoch, np.zeros((10, 16, 16, 1), np.uint8)) for epoch in (1, 3)],
    )
    found = image_restoration.scores(evaluation)
    assert set(found) == {"psnr", "ssim", "psnr_set_5", "ssim_set_5"}
    baseline = image_restoration.baseline(evaluation)
    assert baseline.name == ("bicubic" if kind == "larger" else "linear filter, 7 × 7")
    assert len(baseline.outputs) == len(splits.test.numbers) == 2
    for figure in RESTORATION_FIGURES:
        drawn = figure(evaluation)
        titled = [axes.get_title(loc="left") or axes.get_title() for axes in drawn.axes]
        assert drawn.get_suptitle() or any(titled)
