"""The state of a search: one that is taken up again goes on as if nothing had happened."""

import json
import random

import pytest

from kerasrecipes.tuning import plan
from kerasrecipes.tuning.records import COMPLETED, RUNNING, WAITING
from kerasrecipes.tuning.scheduler import SPEC, Scheduler
from tests.tuning.searches import again, end, statuses, work


@pytest.mark.parametrize(
    "method", ["random", pytest.param("bayesian", marks=pytest.mark.slow), "grid", "hyperband"]
)
def test_a_search_that_is_taken_up_again_proposes_what_it_would_have(new, method):
    scheduler = new(method=method, trials=8)
    chance = random.Random(7)
    for _ in range(4):
        end(scheduler, scheduler.create_trial("worker"), chance.random())
    other = again(scheduler)
    both = [
        [scheduler.create_trial("w"), scheduler.create_trial("w")]
        for scheduler in (scheduler, other)
    ]
    specs = [
        [json.loads(trial.hyperparameters.values[SPEC])["config"] for trial in trials]
        for trials in both
    ]
    assert specs[0] == specs[1]


def test_a_grid_goes_through_all_combinations_once_also_after_a_resume(new):
    searches = ("units=choice(2,3,5)", "learning_rate=choice(0.1,0.2)")
    scheduler = new(method="grid", trials=None, searches=searches)
    end(scheduler, scheduler.create_trial("w"))
    running = scheduler.create_trial("w")
    assert running.status == "RUNNING" and scheduler.create_trial("w").status == "RUNNING", (
        "a grid runs in parallel"
    )
    scheduler = again(scheduler)
    work(scheduler)
    combinations = {
        tuple(sorted(record["settings"].items())) for record in scheduler.records.values()
    }
    assert len(scheduler.records) == len(combinations) == 6 and set(statuses(scheduler)) == {
        COMPLETED
    }


def test_running_trials_wait_to_be_continued_after_the_scheduler_was_killed(new):
    scheduler = new()
    first = scheduler.create_trial("worker")
    scheduler = again(scheduler)
    assert statuses(scheduler) == [WAITING]
    second = scheduler.create_trial("worker")
    assert first.trial_id == "0000.1" and second.trial_id == "0000.2"
    end(scheduler, first, 0.9)
    assert statuses(scheduler) == [RUNNING], "an old lease counts for nothing"
    assert scheduler.get_trial(first.trial_id).status == "STOPPED"
    end(scheduler, second, 0.4)
    end(scheduler, second, 0.8)
    assert scheduler.records["0000"]["score"] == 0.4, "a trial ends once"


def test_a_stopped_search_loses_nothing(new):
    scheduler = new()
    trial = scheduler.create_trial("w")
    scheduler.stop()
    assert (
        scheduler.get_trial(trial.trial_id).status == "STOPPED"
        and scheduler.create_trial("w").status == "STOPPED"
    )
    end(scheduler, trial, ended="stopped")
    assert statuses(again(scheduler)) == [WAITING]


def test_more_trials_may_be_granted_afterwards(new):
    scheduler = new(repeats=1)
    work(scheduler)
    more = Scheduler.load(
        scheduler.folder,
        scheduler.recipe,
        plan.Plan.from_dict({**scheduler.plan.to_dict(), "trials": 9}),
    )
    work(more)
    kinds = [record["kind"] for record in more.records.values()]
    assert (
        kinds.count("search") == 9
        and kinds.count("winner") == 1
        and kinds.count("earlier winner") == 1
    )
