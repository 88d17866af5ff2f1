"""Each mistake is of one kind."""

import numpy as np

from kerasrecipes.metrics.error_kinds import KINDS, error_kinds, hits_of


def box(left, *rest):
    return [left, 0, left + 10, 10, *rest]


TRUTH = np.array([box(0, 0, 0), box(30, 1, 0), box(60, 0, 0), box(90, 0, 1), box(0, -1, 0)], float)
FOUND = np.array(
    [
        box(1, 0.9, 0),  # a hit
        box(0, 0.8, 0),  # of the same object
        box(30, 0.7, 0),  # of another class
        box(66, 0.6, 0),  # not exact
        box(200, 0.5, 1),  # nothing
        box(90, 0.4, 0),  # of a region to be ignored
        box(60, 0.1, 0),  # too unsure to count
        box(0, 0, -1),
    ],
    float,
)


def test_each_mistake_is_counted_once():
    counts = error_kinds([(TRUTH, FOUND)], 0.3, 2)
    named = [dict(zip(KINDS, row.tolist(), strict=True)) for row in counts]
    assert named[0] == {
        "hit": 1,
        "missed": 1,
        "not exact": 1,
        "second of an object": 1,
        "another class": 1,
        "nothing there": 0,
    }
    assert named[1]["missed"] == named[1]["nothing there"] == 1 and counts[1].sum() == 2


def test_the_threshold_decides_what_is_missed():
    strict, loose = hits_of(TRUTH, FOUND, 0.3), hits_of(TRUTH, FOUND, 0.05)
    assert strict.missed.tolist() == [False, True, True]
    assert loose.missed.tolist() == [False, True, False]
    assert len(strict.detections) == 5 and strict.right.tolist() == [True] + 4 * [False]
