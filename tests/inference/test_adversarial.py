"""Images of a generator, and how they are judged."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest

from kerasrecipes import settings
from kerasrecipes.data import synthetic
from kerasrecipes.errors import UserError
from kerasrecipes.inference import adversarial
from kerasrecipes.inference.adversarial import arcs, generate
from kerasrecipes.models.gan import gan
from kerasrecipes.recipe import Evaluation, Request
from kerasrecipes.reports.adversarial import ADVERSARIAL_FIGURES
from kerasrecipes.tasks.adversarial import prepare


@pytest.fixture(scope="module")
def splits():
    return prepare(synthetic.shapes().load(Request(seed=0)).limited(200, 0))


def run_of(splits, **given):
    keras.utils.set_random_seed(0)
    model = gan((16, 16, 1), splits.info.classes, filters=4, latent=5, **given)
    return SimpleNamespace(model=model, info=splits.info)


@pytest.fixture(scope="module")
def run(splits):
    return run_of(splits, conditional=True)


@pytest.fixture(scope="module")
def evaluation(run, splits):
    frames = [(epoch, np.full((12, 16, 16, 1), 9 * epoch, np.uint8)) for epoch in (1, 4)]
    return Evaluation(
        recipe="gan",
        model=run.model,
        info=run.info,
        examples=splits.test,
        labels=splits.test.y,
        outputs=run.model.predict_on_batch(splits.test.x),
        metrics={},
        train=splits.train,
        history=[{"epoch": 1, "generator_loss": 1.0, "val_generator_loss": 1.1}],
        film=frames,
    )


def test_the_same_seed_makes_the_same_grid_and_a_class_is_one(run):
    (one,), (again,), (other,) = (generate(run, count=6, seed=seed) for seed in (3, 3, 4))
    assert one["image"].shape == (2 * 66 - 2, 3 * 66 - 2, 1)
    np.testing.assert_array_equal(one["image"], again["image"])
    assert (one["image"] != other["image"]).any()
    (rings,) = generate(run, count=6, seed=3, class_="ring")
    assert (rings["image"] != one["image"]).any()
    (way,) = generate(run, count=3, interpolate=4)
    assert way["image"].shape == (2 * 66 - 2, 4 * 66 - 2, 1)


def test_the_word_that_python_reserves_is_a_flag():
    names = [setting.name for setting in settings.of_functions([generate])]
    assert names == ["count", "seed", "class", "interpolate"]
    assert settings.as_arguments({"class": "a", "count": 2}) == {"class_": "a", "count": 2}


@pytest.mark.parametrize(
    ("inputs", "options", "says"),
    [
        (["a.png"], {}, "without any"),
        ([], {"count": 0}, "count=0"),
        ([], {"count": 1_000_000}, "4,096"),
        ([], {"class_": "rings"}, "did you mean 'ring'"),
        ([], {"count": 1, "interpolate": 3}, "2 or more"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_line(run, inputs, options, says):
    with pytest.raises(UserError, match=says):
        generate(run, inputs, **options)


def test_a_class_of_a_generator_that_knows_none_is_refused(splits):
    with pytest.raises(UserError, match="conditional=true"):
        generate(run_of(splits), class_="ring")


def test_arcs_keep_their_distance_from_the_origin():
    codes = np.eye(4, dtype=np.float32)[:3] * 2
    way = arcs(codes, 5)
    assert way.shape == (10, 4)
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), 2, rtol=1e-5)
    np.testing.assert_allclose(way[[0, 4, 5, 9]], codes[[0, 1, 1, 2]], atol=1e-6)
    np.testing.assert_allclose(arcs(codes[[0, 0]], 3), codes[[0, 0, 0]])


def test_scores_are_the_same_each_time_and_stand_between_floor_and_sampler(evaluation):
    found = adversarial.scores(evaluation)
    assert found == adversarial.scores(evaluation)
    assert set(found) >= {"frechet_distance", "image_precision", "classes_made", "class_accuracy"}
    baseline = adversarial.gaussian_sampler(evaluation)
    assert 0 <= baseline.metrics["real_frechet_distance"] < found["frechet_distance"]


def test_every_figure_says_something_in_its_title(evaluation):
    for figure in ADVERSARIAL_FIGURES:
        drawn = figure(evaluation)
        assert drawn is not None, figure.__name__
        assert figure.__name__ == "curves" or drawn.get_suptitle()
