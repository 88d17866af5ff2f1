"""A classifier of DNA reads windows of one length, from the last states or from all."""

import numpy as np
import pytest

from kerasrecipes.models.sequence_classifier import sequence_classifier

WINDOWS = np.random.default_rng(0).integers(0, 16, (3, 21)).astype(np.uint8)


@pytest.mark.parametrize("reading", ["last", "max", "all"])
@pytest.mark.parametrize("classes", [2, 4])
def test_it_gives_probabilities(reading, classes):
    model = sequence_classifier(21, classes, reading=reading, units=4, filters=8)
    found = np.asarray(model.predict_on_batch(WINDOWS))
    assert found.shape == (3, 1 if classes == 2 else classes)
    assert ((found >= 0) & (found <= 1)).all()


def test_its_parameters_are_those_of_its_layers():
    model = sequence_classifier(20, 3, filters=8, width=5, units=4, pool=2, reading="all")
    convolution, lstm = 4 * 5 * 8 + 8, 2 * 4 * 4 * (8 + 4 + 1)
    assert model.count_params() == convolution + lstm + 3 * (10 * 8 + 1)
