"""What an autoencoder makes of images, and how it is judged beside principal components."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from kerasrecipes.data import synthetic
from kerasrecipes.errors import UserError
from kerasrecipes.inference import image_coding
from kerasrecipes.metrics.densities import ProbabilisticPca
from kerasrecipes.models.autoencoder import autoencoder
from kerasrecipes.recipe import Evaluation, Request
from kerasrecipes.reports.image_coding import CODING_FIGURES
from kerasrecipes.tasks.image_coding import prepare


@pytest.fixture(scope="module")
def splits():
    return prepare(synthetic.shapes().load(Request(seed=0)).limited(60, 0))


@pytest.fixture(scope="module")
def evaluation(splits):
    keras.utils.set_random_seed(0)
    model = autoencoder(
        (16, 16, 1), units=8, code=3, sparsity="l1", corruption="masking", noise=0.3
    )
    row = {"epoch": 1, "loss": 0.1, "val_loss": 0.1}
    return Evaluation(
        recipe="autoencoder",
        model=model,
        info=splits.info,
        examples=splits.test,
        labels=None,
        outputs=model.predict_on_batch(splits.test.x),
        metrics={"psnr": 20.0},
        train=splits.train,
        history=[row],
        film=[(epoch, np.zeros((10, 16, 16, 1), np.uint8)) for epoch in (1, 3)],
    )


def test_errors_by_size_are_those_of_projections(splits):
    pca, x = ProbabilisticPca.fit(splits.train.x, 5), splits.test.x.astype(float)
    found = image_coding.errors_by_size(pca, x)
    for size in (1, 5):
        part = replace(pca, axes=pca.axes[:, :size], variances=pca.variances[:size])
        error = (part.images(part.codes(x)) - x.reshape(len(x), -1)) / 255
        assert found[size - 1] == pytest.approx((error**2).mean(), rel=1e-6)
    assert found == sorted(found, reverse=True)


def test_scores_of_the_model_and_of_as_many_components(evaluation):
    found = image_coding.scores(evaluation)
    assert 0 <= found["active_share"] <= 1
    # A third of the pixels is black already for most shapes: masking costs only those with ink.
    assert 5 < found["noisy_psnr"] < 40 and np.isfinite(found["denoised_psnr"])
    assert image_coding.scores(evaluation) == found, "noise is the same each time"
    baseline = image_coding.principal_components(evaluation)
    assert baseline.name == "PCA, 3 components"
    assert set(baseline.metrics) == {"psnr", "denoised_psnr"}


def test_a_picture_comes_back_in_the_size_of_the_training(evaluation, tmp_path):
    run = SimpleNamespace(model=evaluation.model, info=evaluation.info)
    Image.new("L", (50, 30), 77).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"nothing")
    (good,) = image_coding.reconstruct(run, [tmp_path / "a.png"])
    assert good["image"].shape == (16, 16, 1) and 0 <= good["mean_absolute_error"] <= 1
    kinds = [answer.kind for answer in image_coding.reconstruct(run, [tmp_path])]
    assert kinds == ["image", "error"]
    with pytest.raises(UserError):
        image_coding.reconstruct(run, [tmp_path / "b.png"])


def test_every_figure_says_something_in_its_title(evaluation):
    for figure in CODING_FIGURES:
        drawn = figure(evaluation)
        assert drawn is not None
        assert figure.__name__ == "curves" or drawn.get_suptitle()
