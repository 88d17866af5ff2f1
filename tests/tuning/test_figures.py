"""The figures of a search, drawn from made-up trials."""

import pytest

from kerasrecipes.tuning import figures


@pytest.mark.parametrize(
    "values",
    [[0.1, 0.2], [1e-4, 1.0], ["a", "b"], [None, 0.1], [[8], [8, 8]], [3, 3], [True, False]],
)
def test_every_kind_of_setting_has_a_scale(values):
    scale = figures.Scale("setting", values)
    assert all(0 <= scale.place(value) <= 1 for value in values)
    assert all(text and 0 <= place <= 1 for place, text in scale.marks)


def test_figures_with_next_to_nothing_to_draw(tuning):
    one = tuning.records("search")[:1]
    assert figures.parallel(one, "val_accuracy", True) is None
    assert figures.over_time(one, "val_accuracy", True) is not None
    assert figures.best_curves([], "val_accuracy", True) is None
