"""The figures of a search, drawn from made-up trials."""

import random

import pytest

from kerasrecipes.tuning import figures


def test_the_setting_that_decides_is_found(tuning):
    shares, explained = figures.importance(tuning.records("search"))
    assert next(iter(shares)) == "learning_rate" and shares["learning_rate"] > 0.6
    assert sum(shares.values()) == pytest.approx(1) and 0 < explained <= 1


def test_settings_that_decide_nothing_are_not_ranked(tuning):
    chance = random.Random(1)
    records = [{**one, "score": chance.random()} for one in tuning.records("search")]
    found = figures.importance(records)
    assert found is None or found[1] < 0.3
    assert figures.importance(records[:5]) is None


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
