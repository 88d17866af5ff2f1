"""Edge detectors against an image with one edge."""

import numpy as np
import pytest

from kerasrecipes.models.edge_detector import detector, edge_learner


@pytest.mark.parametrize("direction, shown", [("horizontal", True), ("vertical", False)])
def test_edge_detectors_see_edges_of_their_direction_only(direction, shown):
    image = np.zeros((1, 6, 6, 1), "float32")
    image[:, 3:] = 255  # dark above bright
    model = edge_learner((6, 6, 1))
    model.get_layer("edges").set_weights([detector(direction)[..., None, None]])
    found = model.predict(image, verbose=0)[0, ..., 0]
    assert found.max() == pytest.approx(3 if shown else 0)
