"""Photographs in found colours, and how they are judged."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import synthetic
from kerasrecipes.data.images.colorization import prepare_colours
from kerasrecipes.errors import UserError
from kerasrecipes.inference import colorization
from kerasrecipes.metrics.colour import colourfulness
from kerasrecipes.models.colorizer import colorizer
from kerasrecipes.recipe import Evaluation, Request
from kerasrecipes.reports.colorization import COLOUR_FIGURES

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def splits():
    source = synthetic.coloured_scenes().load(Request(seed=0))
    return prepare_colours(source.limited(10, 0), image_size=32)


@pytest.fixture(scope="module", params=["regression", "classification"])
def run(request, splits):
    keras.utils.set_random_seed(0)
    colours = splits.info.preprocessor.num_colours
    model = colorizer((32, 32, 1), colours, method=request.param, filters=2)
    return SimpleNamespace(model=model, info=splits.info)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_photograph_keeps_its_size_and_its_lightness(run, mode, tmp_path):
    image = Image.fromarray(RANDOM.integers(60, 180, (21, 50, 3), np.uint8)).convert(mode)
    image.save(tmp_path / "a.png")
    (answer,) = colorization.colour(run, [tmp_path / "a.png"])
    assert answer["image"].shape == (21, 50, 3) and answer["colourfulness"] >= 0
    assert answer.notes == ([] if mode == "L" else ["it had colours, which were not looked at"])


def test_the_film_shows_images_as_they_would_be_coloured(run, splits):
    part = splits.validation
    found = colorization.snapshot(run.model, run.info, part)
    assert found.shape == (min(10, len(part)), 32, 32, 3) and 0 <= found.min() <= found.max() <= 1
    preprocessor = run.info.preprocessor
    square = preprocessor.square(Image.fromarray(part.whole(0)))
    ab = preprocessor.decode(run.model.predict_on_batch(preprocessor(square[None])))[0]
    np.testing.assert_allclose(found[0] * 255, preprocessor.coloured(square, ab), atol=1e-6)


def test_hostile_inputs(run, tmp_path):
    Image.new("L", (1, 1), 80).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"nothing")
    assert [a.kind for a in colorization.colour(run, [tmp_path])] == ["image", "error"]
    with pytest.raises(UserError, match=r"b\.png cannot be read"):
        colorization.colour(run, [tmp_path / "b.png"])


def test_colourfulness_is_that_of_its_paper():
    red, green, blue = image = RANDOM.integers(0, 256, (3, 9, 11)).astype(float)
    first, second = red - green, 0.5 * (red + green) - blue
    expected = np.sqrt(first.var() + second.var())
    expected += 0.3 * np.sqrt(first.mean() ** 2 + second.mean() ** 2)
    assert colourfulness(np.moveaxis(image, 0, -1)) == pytest.approx(expected)
    assert colourfulness(np.full((4, 4, 3), 90, np.uint8)) == 0


def test_scores_baseline_and_figures(run, splits):
    evaluation = Evaluation(
        recipe="colorize",
        model=run.model,
        info=splits.info,
        examples=splits.test,
        labels=None,
        outputs=colorization.answers(run.model, splits.info, splits.test),
        metrics={},
        train=splits.train,
        history=[{"epoch": 1, "loss": 0.1, "val_loss": 0.1}],
        film=[(epoch, np.zeros((10, 32, 32, 3), np.uint8)) for epoch in (1, 3)],
    )
    found = colorization.scores(evaluation)
    assert set(found) == {"psnr", "ab_error", "colourfulness", "true_colourfulness"}
    baseline = colorization.baseline(evaluation)
    assert baseline.outputs.shape == (len(splits.test), 16, 16, 2)
    for figure in COLOUR_FIGURES:
        drawn = figure(evaluation)
        assert figure.__name__ == "curves" or drawn.get_suptitle()
