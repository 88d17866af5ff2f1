"""The drawn scenes: repeatable, balanced, and nothing for a linear model."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeClassifier

from kerasrecipes.data import synthetic
from kerasrecipes.data.synthetic import scene_images
from kerasrecipes.recipe import Request


@pytest.fixture(autouse=True)
def fewer(monkeypatch):
    monkeypatch.setattr(scene_images, "COUNTS", {"train": 25, "validation": 1, "test": 15})


def test_the_same_seed_draws_the_same_and_another_others():
    one, same, other = (synthetic.scenes().load(Request(seed=seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.test.x, same.test.x)
    assert not np.array_equal(one.train.x, other.train.x)
    assert one.info.classes == tuple(scene_images.THINGS) and one.train.x.shape[1:] == (64, 64, 3)
    for part, count in zip(
        (one.train, one.validation, one.test), scene_images.COUNTS.values(), strict=True
    ):
        assert np.bincount(part.y).tolist() == [count] * 8
    kept = {row.tobytes() for row in one.train.x}
    assert kept.isdisjoint(row.tobytes() for row in one.test.x)


def test_a_linear_model_on_pixels_fails():
    splits = synthetic.scenes().load(Request())
    flat = [
        part.x[:, ::4, ::4].reshape(len(part), -1) / 255 for part in (splits.train, splits.test)
    ]
    model = RidgeClassifier(alpha=100.0).fit(flat[0], splits.train.y)
    assert model.score(flat[1], splits.test.y) < 0.25  # of eight classes


def test_every_shape_and_texture_can_be_drawn():
    random = np.random.default_rng(0)
    for name in scene_images.SHAPES:
        for texture in scene_images.TEXTURES:
            assert scene_images.shape(random, name, texture).std() > 5
