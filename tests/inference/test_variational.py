"""What a variational autoencoder makes, and how it is judged."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import synthetic
from kerasrecipes.data.examples import Arrays
from kerasrecipes.errors import UserError
from kerasrecipes.inference import variational
from kerasrecipes.inference.variational import generate
from kerasrecipes.models.vae import variational_autoencoder
from kerasrecipes.recipe import Evaluation, Request
from kerasrecipes.reports.variational import VARIATIONAL_FIGURES
from kerasrecipes.tasks.variational import prepare


@pytest.fixture(scope="module")
def splits():
    whole = synthetic.shapes().load(Request(seed=0))
    return prepare(whole.limited(60, 0))


@pytest.fixture(scope="module")
def run(splits):
    keras.utils.set_random_seed(0)
    model = variational_autoencoder((16, 16, 1), units=8, latent=3)
    return SimpleNamespace(model=model, info=splits.info)


@pytest.fixture(scope="module")
def evaluation(run, splits):
    return Evaluation(
        recipe="vae",
        model=run.model,
        info=run.info,
        examples=splits.test,
        labels=None,
        outputs=run.model.predict_on_batch(splits.test.x),
        metrics={"elbo": -200.0},
        train=splits.train,
        film=[(epoch, np.zeros((12, 16, 16, 1), np.uint8)) for epoch in (1, 3)],
        history=[
            {"epoch": 1, "elbo": -200.0, "val_elbo": -201.0, "loss": 200.0, "val_loss": 201.0}
        ],
    )


def test_test_images_are_ink_or_none_and_training_images_grey(splits):
    assert set(np.unique(splits.test.x)) <= {0, 255} and splits.test.y is None
    assert len(np.unique(splits.train.x)) > 10 and splits.info.classes is None


def test_the_same_seed_generates_the_same_grid(run):
    (one,), (again,), (other,) = (generate(run, count=5, seed=seed) for seed in (3, 3, 4))
    # Two rows of three, with two white pixels between them.
    assert one["image"].shape == (2 * 66 - 2, 3 * 66 - 2, 1)
    np.testing.assert_array_equal(one["image"], again["image"])
    assert (one["image"] != other["image"]).any()


def test_a_picture_is_reconstructed_and_two_have_a_way_between_them(run, tmp_path):
    for name, size in (("a", (40, 31)), ("b", (16, 16))):
        Image.new("RGB", size, (200, 180, 10)).save(tmp_path / f"{name}.png")
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    first, second = generate(run, files)
    assert first["image"].shape == (16, 16, 1) and first["input"].endswith("a.png")
    assert 0 <= second["mean_absolute_error"] <= 1
    (way,) = generate(run, files, interpolate=4)
    assert way["image"].shape == (64, 4 * 66 - 2, 1)


@pytest.mark.parametrize(
    "options",
    [
        {"count": 0},
        {"count": 1_000_000},
        {"seed": -1},
        {"interpolate": 1},
        {"count": 1, "interpolate": 5},
    ],
)
def test_an_option_out_of_range_is_refused(run, options):
    with pytest.raises(UserError):
        generate(run, **options)


def test_scores_stand_beside_a_density_without_a_network(evaluation):
    found = variational.scores(evaluation)
    assert found["importance_bound"] > -200 and 0 <= found["active_units"] <= 3
    assert found["bits_per_dimension"] == pytest.approx(200 / (256 * np.log(2)))
    baseline = variational.density(evaluation)
    assert "mixture" in baseline.name and -256 * np.log(2) < baseline.metrics["elbo"] < 0


def test_a_code_that_tells_nothing_has_no_active_units(evaluation):
    outputs = {"mean": np.zeros((30, 3)), "log_variance": np.zeros((30, 3))}
    still = Evaluation(**{**vars(evaluation), "outputs": outputs, "metrics": {}})
    assert variational.scores(still) == {"active_units": 0.0}


def test_colours_stand_beside_principal_components():
    images = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), np.uint8)
    keras.utils.set_random_seed(0)
    model = variational_autoencoder((8, 8, 3), units=8, latent=3)
    examples = Arrays(images)
    baseline = variational.density(
        Evaluation(
            recipe="vae",
            model=model,
            info=None,
            examples=examples,
            labels=None,
            outputs={},
            metrics={},
            train=examples,
        )
    )
    assert "PCA" in baseline.name
    # Noise of 256 values, each as likely: log 256 a value, and no model can tell it better by much.
    assert baseline.metrics["elbo"] == pytest.approx(-192 * np.log(256), rel=0.1)


def test_every_figure_says_something_in_its_title(evaluation):
    for figure in VARIATIONAL_FIGURES:
        drawn = figure(evaluation)
        assert drawn is not None
        assert figure.__name__ == "curves" or drawn.get_suptitle()
