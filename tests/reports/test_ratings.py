"""Figures of grades."""

import numpy as np
import pytest

from kerasrecipes.reports import ratings
from kerasrecipes.reports.style import drawn
from tests.inference.test_ratings import evaluation, splits

__all__ = ["splits"]


@pytest.mark.parametrize("numbers", [False, True])
def test_all_figures_are_drawn_and_say_what_they_show(splits, texts, numbers):
    y = splits.test.y.copy()
    far, near = (int(np.flatnonzero(y == grade)[0]) for grade in (0, 2))
    given = y.copy()
    given[far], given[near] = 3, 3
    outputs = given[:, None].astype(float) if numbers else np.eye(5)[given]
    notes: list[str] = []
    found = drawn(evaluation(splits, outputs), ratings.RATING_FIGURES, notes)
    assert not notes
    assert [name for name, _, _ in found] == [
        *("grade_confusion", "distances", "means_by_grade", "furthest_off", "length_histogram")
    ]
    said = texts(ratings.furthest_off(evaluation(splits, outputs)))
    assert "The furthest are off by 3 grades" in said and "given 4; truth 1" in said
    said = " ".join(texts(ratings.distances(evaluation(splits, outputs))))
    assert "of the grades are off by one at most" in said


def test_nothing_is_furthest_off_where_all_are_right(splits):
    assert ratings.furthest_off(evaluation(splits, np.eye(5)[splits.test.y])) is None


def test_examples_of_another_kind_are_passed_over(evaluate, guesses):
    other = evaluate(*guesses(3, 20), classes="abc")
    assert [f(other) for f in ratings.RATING_FIGURES[1:]] == [None] * 5
