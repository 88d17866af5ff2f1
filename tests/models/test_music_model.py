"""A music model tells each frame from those before it, and none of those after."""

import numpy as np
import pytest

from kerasrecipes.data.music.preprocessor import KEYS
from kerasrecipes.models.music_model import music_model


@pytest.mark.parametrize("options", [{"cell": "lstm"}, {"num_layers": 2, "hidden": 0}])
def test_the_future_does_not_change_what_was_told(options):
    model = music_model(units=8, **{"hidden": 4, **options})
    frames = (np.random.default_rng(0).random((1, 13, KEYS)) < 0.1).astype(np.uint8)
    other = frames.copy()
    other[:, 8:] = 1 - other[:, 8:]
    one, two = model.predict_on_batch(frames), model.predict_on_batch(other)
    assert np.shape(one) == (1, 12, KEYS)
    np.testing.assert_allclose(one[:, :7], two[:, :7], atol=1e-6)
    assert np.abs(np.asarray(one[:, 8:]) - np.asarray(two[:, 8:])).max() > 1e-4


def test_its_parameters_are_those_of_its_layers():
    model = music_model(cell="gru", units=16, hidden=4)
    gru = 3 * 16 * (88 + 16 + 2)
    chord = (16 + 88) * (88 + 4) + 88 + 4 + 2 * 88 * 4
    assert model.count_params() == gru + chord
