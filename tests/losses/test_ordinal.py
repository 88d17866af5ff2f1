"""The loss of grades, against the sum over thresholds."""

import numpy as np

from kerasrecipes.losses.ordinal import OrdinalCrossentropy


def test_it_is_the_cross_entropy_of_every_threshold():
    random = np.random.default_rng(0)
    chances = random.dirichlet(np.ones(5), 30).astype(np.float32)
    labels = random.integers(0, 5, 30)
    expected = []
    for row, label in zip(chances.astype(np.float64), labels, strict=True):
        above = [row[k + 1 :].sum() for k in range(4)]
        expected.append(-np.mean([np.log(p if label > k else 1 - p) for k, p in enumerate(above)]))
    for given in (labels, labels[:, None]):
        assert np.isclose(OrdinalCrossentropy()(given, chances), np.mean(expected), atol=1e-5)


def test_further_off_costs_more_and_certainty_of_the_wrong_grade_is_finite():
    loss = OrdinalCrossentropy(reduction=None)
    sure = np.eye(4, dtype=np.float32)
    costs = np.asarray(loss(np.zeros(4, np.int32), sure))
    assert np.isfinite(costs).all() and costs[0] < 1e-6 and (np.diff(costs) > 1).all()
