"""Drawn scenes with boxes: repeatable, exact, and nothing for who answers always the same."""

import numpy as np
import pytest

from kerasrecipes.data import synthetic
from kerasrecipes.data.synthetic import scene_boxes
from kerasrecipes.inference.detection import frequent_boxes
from kerasrecipes.metrics.detection import detection_metrics
from kerasrecipes.recipe import Request


@pytest.fixture(scope="module")
def splits():
    with pytest.MonkeyPatch.context() as fewer:
        fewer.setattr(scene_boxes, "COUNTS", {"train": 150, "validation": 2, "test": 50})
        yield synthetic.boxed_scenes().load(Request(seed=3))


def test_the_same_seed_draws_the_same_and_all_classes_occur(splits):
    image, boxes = scene_boxes.boxed_scene(np.random.default_rng([3, 0]))
    np.testing.assert_array_equal(splits.train.x[0], image)
    np.testing.assert_array_equal(splits.train.y[0], boxes)
    real = splits.train.y[splits.train.y[..., 4] >= 0]
    assert (np.bincount(real[:, 4].astype(int)) > 40).all() and len(real) > 300
    sides = real[:, 2:4] - real[:, :2]
    assert real[:, :4].min() >= 0 and real[:, :4].max() <= 64
    assert sides.min() > 4 and sides.max() > 2.5 * sides.min()


def test_a_box_is_around_what_was_drawn(monkeypatch):
    """Where nothing else is in the picture, its pixels differ from the rest."""
    from PIL import Image

    plain = Image.new("RGB", (128, 128))
    monkeypatch.setattr(scene_boxes, "landscape", lambda random: plain.copy())
    monkeypatch.setattr(scene_boxes, "colours", lambda random, count: [(255, 255, 255)])
    for seed in range(8):
        image, boxes = scene_boxes.boxed_scene(np.random.default_rng(seed))
        rows, columns = np.nonzero(image[..., 0] > 100)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        np.testing.assert_allclose(boxes[0, :4], seen, atol=2)


def test_the_most_frequent_boxes_of_training_tell_next_to_nothing(splits):
    rows = np.concatenate([frequent_boxes(splits.train.y, index, 25) for index in range(4)])
    found = np.broadcast_to(rows, (len(splits.test), *rows.shape))
    assert detection_metrics(splits.test.y, found, splits.info.classes)["ap50"] < 0.1
