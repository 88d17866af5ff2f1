"""Average precision is COCO's, to the last digit."""

import contextlib
import io

import numpy as np
import pytest

from kerasrecipes.metrics.detection import (
    best_threshold,
    detection_metrics,
    matches,
    overlaps,
)


def boxes(random, count):
    corner = random.uniform(0, 60, (count, 2))
    return np.concatenate([corner, corner + random.uniform(3, 40, (count, 2))], axis=1)


def drawn(seed, images=14, classes=3):
    """Draw objects, some to be ignored, and detections near some of them, and elsewhere."""
    random = np.random.default_rng(seed)
    truth = np.zeros((images, 9, 6))
    truth[..., 4] = -1
    found = np.zeros((images, 14, 6))
    found[..., 5] = -1
    for own, answers in zip(truth, found, strict=True):
        count = int(random.integers(0, 10))
        own[:count, :4] = boxes(random, count)
        own[:count, 4] = random.integers(0, classes, count)
        own[:count, 5] = random.random(count) < 0.15
        about = int(random.integers(0, 15))
        answers[:about, :4] = boxes(random, about)
        answers[:about, 5] = random.integers(0, classes, about)
        near = min(count, about, int(random.integers(0, 8)))
        answers[:near, :4] = own[:near, :4] + random.uniform(-1.4, 1.4, (near, 4))
        answers[:near, 5] = np.where(random.random(near) < 0.8, own[:near, 4], 0)
        answers[:, 4] = random.permutation(len(answers)) / 20 + 0.01
        answers[about:, 4] = 0
    return truth, found


@pytest.mark.parametrize("seed", range(6))
def test_it_is_that_of_pycocotools(seed):
    """Also with regions to be ignored, which COCO calls crowds."""
    pytest.importorskip("pycocotools")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    truth, found = drawn(seed)
    annotations, results = [], []
    for number, (own, answers) in enumerate(zip(truth, found, strict=True)):
        for left, top, right, bottom, label, ignored in own[own[:, 4] >= 0]:
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": number,
                    "category_id": int(label),
                    "bbox": [left, top, right - left, bottom - top],
                    "area": (right - left) * (bottom - top),
                    "iscrowd": int(ignored),
                }
            )
        for left, top, right, bottom, score, label in answers[answers[:, 5] >= 0]:
            results.append(
                {
                    "image_id": number,
                    "category_id": int(label),
                    "bbox": [left, top, right - left, bottom - top],
                    "score": score,
                }
            )
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": number} for number in range(len(truth))],
            "annotations": annotations,
            "categories": [{"id": label, "name": str(label)} for label in range(3)],
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(results), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    own = detection_metrics(truth, found, ("a", "b", "c"))
    assert own["map"] == pytest.approx(judge.stats[0], abs=1e-9)
    assert own["ap50"] == pytest.approx(judge.stats[1], abs=1e-9)
    assert own["ap75"] == pytest.approx(judge.stats[2], abs=1e-9)


def row(left, *rest):
    return np.array([left, 0, left + 10, 10, *rest], float)


def test_a_curve_by_hand():
    """Three objects; the detections hit, hit nothing, hit, and hit the first again."""
    truth = np.array([[row(0, 0, 0), row(20, 0, 0)], [row(0, 0, 0), row(0, -1, 0)]])
    found = np.array(
        [
            [row(0, 0.9, 0), row(50, 0.8, 0), row(1, 0.6, 0)],
            [row(1, 0.7, 0), row(0, 0, -1), row(0, 0, -1)],
        ]
    )
    one = matches(truth, found, 0)
    recall, precision, scores = one.curve()
    np.testing.assert_allclose(scores, [0.9, 0.8, 0.7, 0.6])
    np.testing.assert_allclose(recall, np.array([1, 1, 2, 2]) / 3)
    np.testing.assert_allclose(precision, [1, 1 / 2, 2 / 3, 1 / 2])
    # Of 101 levels 34 lie up to a third, 33 more up to two thirds.
    assert one.precision() == pytest.approx((34 + 33 * 2 / 3) / 101)
    # Shifted by a tenth the overlap is nine elevenths: from .85 on only the first counts.
    assert one.precision(7) == pytest.approx(34 / 101)
    threshold, f1 = best_threshold(truth, found, 1)
    assert (threshold, f1) == (pytest.approx(0.7), pytest.approx(2 * 2 / (3 + 3)))


def test_classes_without_objects_do_not_count():
    truth, found = drawn(1)
    found[0, 0] = row(0, 0.99, 3)
    few, more = (detection_metrics(truth, found, "abcd"[:n]) for n in (3, 4))
    assert few == more and set(more["by_class"]) == set("abc")
    truth[..., 4] = -1
    assert detection_metrics(truth, found, "abc") == {}


def test_overlaps_of_boxes_and_of_regions_to_be_ignored():
    one, other = np.array([row(0)[:4]]), np.array([row(5)[:4], row(-5)[:4]])
    np.testing.assert_allclose(overlaps(one, other, np.array([False, True])), [[1 / 3, 1 / 2]])
