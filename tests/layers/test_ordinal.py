"""Probabilities of grades are in order, sum to 1, and begin even."""

import keras
import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.layers.ordinal import OrdinalProbabilities


@pytest.mark.parametrize("grades", [3, 5, 10])
def test_they_are_probabilities_and_even_without_a_score(grades):
    keras.utils.set_random_seed(0)
    layer = OrdinalProbabilities(grades)
    features = np.random.default_rng(0).normal(0, 3, (40, 6)).astype(np.float32)
    found = np.asarray(layer(features))
    assert found.shape == layer.compute_output_shape((40, 6)) == (40, grades)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found >= 0).all()
    np.testing.assert_allclose(layer(np.zeros((1, 6), np.float32)), 1 / grades, atol=1e-4)


def test_thresholds_stay_in_order_and_a_larger_score_is_a_better_grade():
    layer = OrdinalProbabilities(4)
    layer.build((None, 1))
    layer.set_weights([np.array([0.3]), np.array([-9.0, 2.0]), np.ones((1, 1))])
    thresholds = np.asarray(layer.thresholds())
    assert (np.diff(thresholds) > 0).all() and thresholds[0] == pytest.approx(0.3)
    expected = np.asarray(layer(np.linspace(-5, 9, 20)[:, None].astype(np.float32))) @ np.arange(4)
    assert (np.diff(expected) > 0).all()


def test_it_is_saved_and_wants_three_grades(tmp_path):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, OrdinalProbabilities(3, name="answer")(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    x = np.ones((1, 2), np.float32)
    np.testing.assert_allclose(model(x), loaded(x))
    with pytest.raises(UserError, match="at least 3, received 2"):
        OrdinalProbabilities(2)
