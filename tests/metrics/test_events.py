"""Each event counts once, and no matching has more pairs."""

import numpy as np
import pytest

from kerasrecipes.metrics.events import event_f1, matched


@pytest.mark.parametrize("seed", range(6))
def test_pairs_are_as_many_as_any_matching_has(seed):
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    random = np.random.default_rng(seed)
    truth, found = (np.sort(random.integers(0, 30, random.integers(1, 15))) for _ in range(2))
    for tolerance in (0, 1, 3):
        near = csr_matrix(np.abs(truth[:, None] - found) <= tolerance)
        best = (maximum_bipartite_matching(near) >= 0).sum()
        assert matched(truth, found, tolerance) == best


def test_scores_count_what_is_missed_and_what_is_false():
    scores = event_f1([np.array([3, 10, 20]), np.array([])], [np.array([4, 12]), np.array([7])], 1)
    assert scores == pytest.approx(
        {"event_f1": 1 / 3, "event_precision": 1 / 3, "event_recall": 1 / 3}
    )
    assert event_f1([np.array([])], [np.array([])], 1)["event_f1"] == 0
