"""A foley model takes clips of any length, and hears a frame by those near it."""

import numpy as np

from kerasrecipes.models.foley_model import foley_model


def test_what_is_far_away_does_not_change_a_frame():
    model = foley_model(16, 6, filters=2, units=8, reach=5)
    frames = np.random.default_rng(0).integers(0, 256, (1, 30, 16, 16, 1), np.uint8)
    other = frames.copy()
    other[:, 20] = 255 - other[:, 20]
    one, two = (np.asarray(model.predict_on_batch(x)) for x in (frames, other))
    changed = np.flatnonzero(np.abs(one - two).max(axis=(0, 2)) > 1e-6)
    # Three convolutions over three frames, and one over five.
    assert changed.min() >= 15 and changed.max() <= 25 and 20 in changed
    assert np.shape(model.predict_on_batch(frames[:, :7])) == (1, 7, 6)


def test_its_parameters_are_those_of_its_layers():
    see = 27 * 4 + 4 + 27 * 4 * 8 + 8 + 27 * 8 * 16 + 16
    rest = 4 * 16 * 10 + 10 + 5 * 10 * 10 + 10 + 10 * 6 + 6
    assert foley_model(16, 6, filters=4, units=10).count_params() == see + rest
