"""Metrics of masks by hand and by Keras, and the baseline by colour and place."""

import keras
import numpy as np
import pytest

from kerasrecipes.metrics.pixel_prior import PixelPrior
from kerasrecipes.metrics.segmentation import confusion, mask_metrics


def test_metrics_by_hand():
    truth = np.array([[[0, 0, 1], [1, 2, -1]]])
    found = np.array([[[0, 1, 1], [1, 0, 2]]])
    counts = confusion(truth, found, 4)
    assert counts.sum() == 5 and counts[0].tolist() == [1, 1, 0, 0]
    metrics = mask_metrics(counts, ("a", "b", "c", "d"))
    iou = {name: row["iou"] for name, row in metrics["by_class"].items()}
    # The last occurs nowhere, and has no part in the mean.
    assert iou == pytest.approx({"a": 1 / 3, "b": 2 / 3, "c": 0.0})
    assert metrics["mean_iou"] == pytest.approx(1 / 3)
    assert metrics["accuracy"] == pytest.approx(3 / 5)
    assert metrics["mean_dice"] == pytest.approx((2 / 4 + 4 / 5 + 0) / 3)
    assert metrics["by_class"]["b"] == pytest.approx(
        {"iou": 2 / 3, "precision": 2 / 3, "recall": 1.0, "pixels": 2 / 5}
    )
    assert mask_metrics(np.zeros((2, 2)), ("a", "b")) == {}


def test_mean_iou_is_that_of_keras():
    random = np.random.default_rng(0)
    truth, found = random.integers(0, 5, (2, 100, 8, 9))
    metric = keras.metrics.MeanIoU(5)
    metric.update_state(truth, found)
    ours = mask_metrics(confusion(truth, found, 5), "abcde")["mean_iou"]
    assert ours == pytest.approx(float(metric.result()), rel=1e-5)


def test_the_prior_knows_colours_and_places_and_nothing_else():
    images = np.zeros((6, 8, 8, 3), np.uint8)
    images[:, :, 4:] = (200, 30, 30)
    labels = np.zeros((6, 8, 8), np.int8)
    labels[:, :, 4:] = 1  # what is red
    labels[:, :4, 4:] = 2  # what is red and above
    labels[:, 0, 0] = -1
    prior = PixelPrior(3)
    prior.add(images, labels)
    found = prior.predict(images[:1, :, ::-1])
    assert (found[0, :, 4:] == 0).all()
    # Red is not seen on the left in training: there it has the class that it has most often.
    assert set(np.unique(found[0, :, :4])) <= {1, 2}
    labels[labels < 0] = 0
    np.testing.assert_array_equal(prior.predict(images), labels)
