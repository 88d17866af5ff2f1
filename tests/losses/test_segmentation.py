"""Losses of masks, by hand and by Keras's own, and what is ignored."""

import keras
import numpy as np
import pytest

from kerasrecipes.losses.segmentation import PixelLoss

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 3, (4, 5, 6)).astype(np.int8)
PROBABILITIES = RANDOM.dirichlet(np.ones(3), (4, 5, 6)).astype("float32")


def test_cross_entropy_is_keras_own_without_ignored_pixels():
    expected = keras.losses.SparseCategoricalCrossentropy()(LABELS.astype(int), PROBABILITIES)
    np.testing.assert_allclose(PixelLoss()(LABELS, PROBABILITIES), expected, rtol=1e-5)


def test_focal_loss_with_exponent_0_is_cross_entropy_and_else_less_of_sure_pixels():
    entropy = PixelLoss()(LABELS, PROBABILITIES)
    np.testing.assert_allclose(PixelLoss("focal", 0.0)(LABELS, PROBABILITIES), entropy, rtol=1e-5)
    right = np.take_along_axis(PROBABILITIES, LABELS[..., None].astype(int), -1)[..., 0]
    expected = ((1 - right) ** 2 * -np.log(right)).mean()
    np.testing.assert_allclose(PixelLoss("focal")(LABELS, PROBABILITIES), expected, rtol=1e-5)


def test_dice_by_hand():
    truth, found = np.array([[[0, 0, 1, 1]]]), np.zeros((1, 1, 4, 3), "float32")
    found[0, 0, [0, 1, 2, 3], [0, 0, 0, 1]] = 1
    # Class 0 of 2 pixels has 3 predicted, 2 rightly; class 1 of 2 has 1; 1 is added to both sides.
    expected = 1 - np.mean([(4 + 1) / (5 + 1), (2 + 1) / (3 + 1)])
    np.testing.assert_allclose(PixelLoss("dice")(truth, found), expected, rtol=1e-6)
    both = PixelLoss("crossentropy_dice")(LABELS, PROBABILITIES)
    parts = [PixelLoss(kind)(LABELS, PROBABILITIES) for kind in ("crossentropy", "dice")]
    np.testing.assert_allclose(both, np.sum(parts), rtol=1e-5)


@pytest.mark.parametrize("kind", ["crossentropy", "dice", "focal", "crossentropy_dice"])
def test_ignored_pixels_count_nothing(kind):
    labels, other = LABELS.copy(), PROBABILITIES.copy()
    labels[:, :2] = -1
    other[:, :2] = [0, 0, 1]
    loss = PixelLoss(kind)
    one, same = loss(labels, PROBABILITIES), loss(labels, other)
    np.testing.assert_allclose(one, same, rtol=1e-6)
    np.testing.assert_allclose(one, loss(labels[:, 2:], PROBABILITIES[:, 2:]), rtol=1e-5)
    nothing = loss(np.full_like(labels, -1), PROBABILITIES)
    assert float(nothing) == 0
    again = PixelLoss.from_config(loss.get_config())
    np.testing.assert_allclose(again(labels, other), one, rtol=1e-6)
