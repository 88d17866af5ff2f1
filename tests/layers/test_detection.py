"""Suppression in the graph keeps what taking boxes one after another keeps."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.detection import DenseBoxes, NonMaximumSuppression
from kerasrecipes.metrics.detection import overlaps


def drawn(seed, locations=150, classes=3):
    """Draw a detector's output: clusters of boxes with scores of any height."""
    random = np.random.default_rng(seed)
    found = np.zeros((2, locations, 8 + classes), np.float32)
    middle = random.uniform(5, 55, (2, 12, 2))[:, random.integers(0, 12, locations)]
    middle += random.normal(0, 2, middle.shape)
    half = random.uniform(3, 8, middle.shape)
    found[..., :2], found[..., 2:4] = middle - half, middle + half
    found[..., 7:] = random.normal(-1, 2, (2, locations, 1 + classes))
    return found


def one_after_another(rows, limit, most, candidates, size):
    scores = 1 / (1 + np.exp(-rows[:, 8:])) / (1 + np.exp(-rows[:, 7:8]))
    pairs = sorted(
        (
            (score**0.5, place, label)
            for place, row in enumerate(scores)
            for label, score in enumerate(row)
        ),
        reverse=True,
    )[:candidates]
    kept = []
    for score, place, label in pairs:
        box = np.clip(rows[place, :4].astype(np.float64), 0, [size[1], size[0]] * 2)
        others = np.array([other[:4] for other in kept if other[5] == label]).reshape(-1, 4)
        if not (overlaps(box[None], others, np.zeros(len(others), bool)) > limit).any():
            kept.append([*box, score, label])
    return np.array(kept[:most])


@pytest.mark.parametrize("limit", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("candidates", [30, 300])
def test_it_keeps_what_a_loop_over_boxes_keeps(limit, candidates):
    outputs = drawn(seed=candidates)
    layer = NonMaximumSuppression((60, 64), limit, most=40, candidates=candidates)
    found = np.asarray(layer(outputs))
    assert found.shape == (2, 40, 6)
    for rows, own in zip(outputs, found, strict=True):
        wanted = one_after_another(rows, limit, 40, candidates, (60, 64))
        np.testing.assert_allclose(own[: len(wanted)], wanted, rtol=1e-4, atol=1e-3)
        assert (own[len(wanted) :] == [0, 0, 0, 0, 0, -1]).all(axis=-1).all() or (
            own[len(wanted) :, 5] == -1
        ).all()


def test_it_works_in_a_model_and_comes_back_from_a_file(tmp_path):
    inputs = keras.Input((150, 11))
    model = keras.Model(inputs, NonMaximumSuppression((64, 64), most=20)(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    outputs = drawn(1)
    np.testing.assert_allclose(model.predict(outputs, verbose=0), np.asarray(again(outputs)))


def test_a_map_tells_boxes_around_its_locations():
    distances = np.log(np.float32([1, 2, 3, 4]) / 8)
    maps = (
        np.tile(distances, (1, 2, 3, 1)),
        np.zeros((1, 2, 3, 1), np.float32),
        np.ones((1, 2, 3, 5), np.float32),
    )
    found = np.asarray(DenseBoxes(8)(maps))
    assert found.shape == (1, 6, 13)
    np.testing.assert_allclose(found[0, 4, :7], [11, 10, 15, 16, 12, 12, 8], rtol=1e-6)
    np.testing.assert_allclose(found[0, :, 4:6], [(x, y) for y in (4, 12) for x in (4, 12, 20)])
