"""A WaveNet never looks ahead, and looks back as far as its dilations reach."""

import keras
import numpy as np
import pytest

from kerasrecipes.models.wavenet import wavenet


@pytest.mark.parametrize(("depth", "cycles"), [(1, 1), (4, 1), (3, 2)])
def test_a_changed_sample_is_heard_from_it_to_the_end_of_the_field(depth, cycles):
    # So many units that at no sample all of those that change are cut off by the rectifier.
    keras.utils.set_random_seed(0)
    model = wavenet(2, channels=16, skip=64, depth=depth, cycles=cycles)
    codes = np.random.default_rng(0).integers(0, 256, (1, 40))
    other = codes.copy()
    other[0, 12] = (other[0, 12] + 128) % 256
    label = np.zeros(1, np.int32)
    one, two = (
        np.asarray(model.predict_on_batch({"samples": x.astype(np.int32), "label": label}))
        for x in (codes, other)
    )
    changed = np.flatnonzero((one != two).any(axis=(0, 2)))
    field = cycles * (2**depth - 1)
    assert changed.min() == 12 and changed.max() == 12 + field


def test_its_parameters_are_those_of_its_layers():
    model = wavenet(3, channels=8, skip=5, depth=2, cycles=2, told=4)
    block = 2 * 8 * 16 + 4 * 16 + 16 + 8 * 13 + 13
    assert model.count_params() == 256 * 8 + 3 * 4 + 4 * block + 5 * 5 + 5 + 5 * 256 + 256
