"""Ink or none, drawn once for all."""

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.images.binarized import Binarized, binarized


def test_pixels_are_ink_as_often_as_they_are_bright_and_the_same_each_time():
    grey = np.full((50, 20, 20, 1), 64, np.uint8)
    grey[:, :5], grey[:, 15:] = 0, 255
    drawn = binarized(Arrays(grey, np.zeros(50))).x
    assert set(np.unique(drawn)) == {0, 255}
    assert not drawn[:, :5].any() and drawn[:, 15:].all()
    assert abs((drawn[:, 5:15] > 0).mean() - 64 / 255) < 0.02
    np.testing.assert_array_equal(drawn, binarized(Arrays(grey)).x)
    assert (drawn[0] != drawn[1]).any()


def test_an_image_keeps_its_draw_wherever_it_stands():
    grey = np.random.default_rng(0).integers(0, 256, (9, 6, 6, 1), np.uint8)
    whole = Binarized(Arrays(grey))
    part = whole.select(np.array([7, 2]))
    np.testing.assert_array_equal(part.take(np.array([0, 1]))[0], whole.take(np.array([7, 2]))[0])
