"""The median stopping rule; what a search makes of it stands in `test_scheduler.py`."""

import pytest

from kerasrecipes.tuning.median_stopping import FEWEST_OTHERS, best_so_far, should_stop
from kerasrecipes.tuning.plan import Plan


def plan(**changes):
    given = {"recipe": "page", "base": {}, "method": "random", "objective": "val_accuracy"}
    return Plan(**{**given, "maximize": True, "epochs": 8, **changes})


def record(*values, kind="search"):
    history = {str(epoch): {"val_accuracy": value} for epoch, value in enumerate(values, 1)}
    return {"kind": kind, "epochs": len(values), "history": history}


def test_the_best_so_far_leaves_out_later_epochs_and_what_is_no_number():
    trial = record(0.2, 0.5, float("nan"), 0.9)
    assert best_so_far(plan(), trial, 3) == 0.5
    assert best_so_far(plan(maximize=False), trial, 4) == 0.2
    assert best_so_far(plan(), trial, 5) is None, "it never came there"
    assert best_so_far(plan(objective="val_loss"), trial, 4) is None


@pytest.mark.parametrize(
    ("value", "step", "changes", "stop"),
    [
        (0.5, 2, {}, True),
        (0.8, 2, {}, False),
        (0.5, 1, {}, False),  # in the first quarter
        (0.5, 2, {"early": False}, False),
        (0.5, 2, {"method": "hyperband"}, False),
        (0.5, 2, {"folds": 3}, False),
        (0.5, 2, {"maximize": False}, False),
    ],
)
def test_a_trial_below_the_median_is_stopped(value, step, changes, stop):
    completed = [record(*[accuracy] * 8) for accuracy in (0.6, 0.65, 0.75, 0.8)]
    trial = record(*[value] * step)
    assert should_stop(plan(**changes), trial, completed, step) == stop
    assert not should_stop(plan(**changes), trial, completed[: FEWEST_OTHERS - 1], step)
    repetition = record(*[value] * step, kind="winner")
    assert not should_stop(plan(**changes), repetition, completed, step)
