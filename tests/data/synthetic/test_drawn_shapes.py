"""Drawn shapes are all different, and none is cut off."""

import numpy as np

from kerasrecipes.data import synthetic
from kerasrecipes.recipe import Request


def test_the_same_seed_draws_the_same_shapes_and_no_two_are_alike():
    one, again, other = (synthetic.shapes().load(Request(seed=seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.train.x, again.train.x)
    assert (one.train.x[0] != other.train.x[0]).any()
    assert (len(one.train), len(one.validation), len(one.test)) == (2400, 300, 300)
    whole = np.concatenate([part.x for part in (one.train, one.validation, one.test)])
    assert len(np.unique(whole.reshape(len(whole), -1), axis=0)) == len(whole)
    assert np.bincount(one.test.y).tolist() == [75] * 4
    ink = (whole > 127).mean(axis=(1, 2, 3))
    assert ink.min() > 0.01 and ink.max() < 0.6
