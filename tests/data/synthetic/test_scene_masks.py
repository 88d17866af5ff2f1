"""Drawn scenes with masks: repeatable, and nothing for who looks at single pixels."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.synthetic import scene_masks
from kerasrecipes.metrics.pixel_prior import PixelPrior
from kerasrecipes.metrics.segmentation import confusion, mask_metrics
from kerasrecipes.recipe import Request


@pytest.fixture(scope="module")
def splits():
    with pytest.MonkeyPatch.context() as fewer:
        fewer.setattr(scene_masks, "COUNTS", {"train": 90, "validation": 2, "test": 30})
        yield synthetic.masked_scenes().load(Request(seed=3))


def test_the_same_seed_draws_the_same_and_all_classes_occur(splits):
    random = np.random.default_rng([3, 0])
    image, mask = scene_masks.masked_scene(random)
    np.testing.assert_array_equal(splits.train.x[0], image)
    np.testing.assert_array_equal(splits.train.y[0], mask)
    shares = np.bincount(splits.train.y.ravel(), minlength=5) / splits.train.y.size
    assert len(splits.info.classes) == len(shares) == 5
    assert shares[0] < 0.85 and shares.min() > 0.02


def test_colour_and_place_of_a_pixel_do_not_tell_its_class(splits):
    prior = PixelPrior(5)
    prior.add(splits.train.x, splits.train.y)
    counts = confusion(splits.test.y, prior.predict(splits.test.x), 5)
    assert mask_metrics(counts, splits.info.classes)["mean_iou"] < 0.25
