"""Every object is somebody's to answer for, and overlaps are those of the papers."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.detection import DenseBoxes
from kerasrecipes.metrics.box_assignment import BOX, assign, overlap
from kerasrecipes.metrics.box_overlap import BoxOverlap


def rows(size=64, strides=(4, 8, 16), classes=2):
    """What a detector that has learned nothing says of an image."""
    parts = []
    for stride in strides:
        side = size // stride
        maps = [np.zeros((1, side, side, count), np.float32) for count in (4, 1, classes)]
        parts.append(np.asarray(DenseBoxes(stride)(maps)))
    return np.concatenate(parts, axis=1)


def assigned(truth, outputs):
    found = assign(np.float32([truth]), outputs)
    return type(found)(*(keras.ops.convert_to_numpy(part)[0] for part in found))


@pytest.mark.parametrize("side", [1, 3, 7, 20, 60])
def test_every_object_has_a_location_however_small(side):
    outputs, random = rows(), np.random.default_rng(side)
    for _ in range(20):
        left, top = random.uniform(0, 64 - side, 2)
        found = assigned([[left, top, left + side, top + side, 1, 0]], outputs)
        assert found.positive.any()
        assert (found.classes[found.positive] == 1).all()
        strides = set(outputs[0, found.positive, 6])
        assert strides == {4 if side <= 16 else 8 if side <= 32 else 16}


def test_locations_lie_in_the_middle_and_the_smallest_object_counts():
    large, small = [10, 10, 34, 34, 0, 0], [20, 20, 28, 28, 1, 0]
    found = assigned([large, small], rows(strides=(4,)))
    x = rows(strides=(4,))[0, :, 4:6]
    inner = found.positive & (found.classes == 1)
    assert inner.sum() == 4 and ((x[inner] > 20) & (x[inner] < 28)).all()
    outer = found.positive & (found.classes == 0)
    assert outer.any() and (np.abs(x[outer] - 22).max(axis=1) < 6).all()
    assert found.centrality[inner].min() > 0.3
    np.testing.assert_allclose(found.boxes[inner], np.tile(small[:4], (4, 1)))


def test_regions_to_be_ignored_are_neither_objects_nor_background():
    found = assigned([[0, 0, 32, 32, 0, 1], [0, 0, 0, 0, -1, 0]], rows(strides=(8,)))
    assert not found.positive.any() and found.ignored.sum() == 16


def test_overlaps_are_those_of_the_papers():
    one = np.float32([0, 0, 10, 10])
    for other, iou, giou, diou in (
        ([0, 0, 10, 10], 1, 1, 1),
        ([5, 0, 15, 10], 1 / 3, 1 / 3, 1 / 3 - 25 / 325),
        ([20, 0, 30, 10], 0, -1 / 3, -400 / 1000),
        ([0, 0, 5, 10], 1 / 2, 1 / 2, 1 / 2 - 6.25 / 200),
    ):
        for kind, wanted in (("iou", iou), ("giou", giou), ("diou", diou)):
            assert float(overlap(one, np.float32(other), kind)) == pytest.approx(wanted, abs=1e-6)


def test_the_metric_is_the_mean_over_locations_that_answer():
    truth, outputs = np.float32([[[10, 10, 30, 30, 1, 0]]]), rows()
    metric = BoxOverlap()
    metric.update_state(truth, outputs)
    assert 0 < float(metric.result()) < 0.5
    outputs[..., BOX] = truth[:, :, :4]
    metric.reset_state()
    metric.update_state(truth, outputs)
    assert float(metric.result()) == pytest.approx(1)
    again = BoxOverlap.from_config(metric.get_config())
    assert again.name == "box_iou"
