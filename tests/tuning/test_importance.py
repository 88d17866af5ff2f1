"""The importance of settings, from made-up trials."""

import random

import pytest

from kerasrecipes.tuning import importance


def test_the_setting_that_decides_is_found(tuning):
    shares, explained = importance.importance(tuning.records("search"))
    assert next(iter(shares)) == "learning_rate" and shares["learning_rate"] > 0.6
    assert sum(shares.values()) == pytest.approx(1) and 0 < explained <= 1


def test_settings_that_decide_nothing_are_not_ranked(tuning):
    chance = random.Random(1)
    records = [{**one, "score": chance.random()} for one in tuning.records("search")]
    found = importance.importance(records)
    assert found is None or found[1] < 0.3
    assert importance.importance(records[:5]) is None
