"""The detector has a row for each location of its maps, on blocks of its own or on a base."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.detector import Detector, detector, detector_on_base


def test_rows_of_all_maps():
    model = detector((64, 96, 1), 3, filters=4, strides=(8, 16, 32), pyramid_filters=8)
    assert model.output_shape == (None, 8 * 12 + 4 * 6 + 2 * 3, 8 + 3)
    found = np.asarray(model(np.zeros((2, 64, 96, 1), np.uint8)))
    # Each location lies in its own box, and begins with hardly any object.
    assert (found[..., :2] < found[..., 4:6]).all() and (found[..., 4:6] < found[..., 2:4]).all()
    probabilities = 1 / (1 + np.exp(-found[..., 8:]))
    assert 0.001 < np.median(probabilities) < 0.1


def test_towers_are_shared_by_all_maps():
    few, many = (detector((64, 64, 3), 2, filters=4, strides=s) for s in ((4, 8), (4, 8, 16)))
    towers = [[v.path for v in m.trainable_variables if "tower" in v.path] for m in (few, many)]
    assert towers[0] == towers[1] and len(towers[0]) == 2 * 2 * 3


def test_it_comes_back_from_a_file_and_is_exported_with_suppression(tmp_path):
    model = detector((32, 32, 3), 2, filters=4, strides=(4, 8), pyramid_filters=8)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again, Detector)
    images = np.random.default_rng(0).integers(0, 255, (2, 32, 32, 3), np.uint8)
    outputs = np.asarray(model(images))
    np.testing.assert_allclose(again.predict(images, verbose=0), outputs, 1e-4, 1e-4)
    assert model.exported.output_shape == (None, 100, 6)
    found = np.asarray(model.exported(images))
    np.testing.assert_allclose(found, np.asarray(model.suppression()(outputs)), 1e-3, 1e-3)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_base_keeps_its_normalization_and_where_frozen_its_weights(frozen):
    model = detector_on_base((64, 64, 3), 2, base="small", frozen=frozen, strides=(4, 8, 16))
    assert model.output_shape[1] == 16**2 + 8**2 + 4**2
    own = [v.path for v in model.trainable_variables if v.path.startswith("block")]
    assert bool(own) != frozen and not any("bn" in path for path in own)


@pytest.mark.parametrize("strides", [(), (4, 16), (3, 6), (32, 64), (8, 4)])
def test_impossible_strides_are_refused(strides):
    with pytest.raises(UserError, match="powers of two up to 32, each twice the one before"):
        detector((64, 64, 3), 2, strides=strides)


def test_a_base_without_a_map_of_the_stride_is_refused():
    with pytest.raises(UserError, match="no map of the stride 32; it has 2, 4, 8, 16"):
        detector_on_base((64, 64, 3), 2, base="small", strides=(16, 32))
