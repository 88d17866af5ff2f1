"""The scheduler: every trial ends exactly once, whatever happens to the workers and to the
scheduler itself.
"""

import random
import time
from dataclasses import replace

import pytest

from kerasrecipes import api
from kerasrecipes.tuning import median_stopping, oracles, plan
from kerasrecipes.tuning import scheduler as scheduling
from kerasrecipes.tuning.records import (
    COMPLETED,
    ENDED_EARLY,
    FAILED,
    OVER,
    PAUSED,
    WAITING,
)
from kerasrecipes.tuning.scheduler import Scheduler
from tests.tuning.samples import PAGE
from tests.tuning.searches import again, end, statuses, work


def test_a_search_ends_with_as_many_trials_as_were_asked_for(new):
    scheduler = new(repeats=2)
    specs = work(scheduler, lambda spec: spec.config["training"]["seed"] / 10_002)
    assert statuses(scheduler) == [COMPLETED] * 10 and scheduler.finished
    assert [record["kind"] for record in scheduler.records.values()][6:] == [
        "winner",
        "defaults",
    ] * 2
    seeds = [spec.config["training"]["seed"] for spec in specs]
    assert seeds[:6] == list(range(6)) and seeds[6:] == [10_000, 10_000, 10_001, 10_001]
    assert not any(spec.config["training"]["diagnose"] for spec in specs)


@pytest.mark.parametrize("method", oracles.METHODS)
def test_a_search_begins_with_the_pages_defaults(new, method):
    scheduler = new(method=method)
    scheduler.create_trial("w"), scheduler.create_trial("w")
    first, second = (record["settings"] for record in scheduler.records.values())
    assert plan.keeps(first, scheduler.base.values) and not plan.keeps(
        second, scheduler.base.values
    )


def test_the_defaults_are_not_proposed_again(new):
    scheduler = new(searches=("units=choice(2,3,4)", "learning_rate=choice(0.1,0.2)"), trials=6)
    end(scheduler, scheduler.create_trial("w"))
    scheduler = again(scheduler)
    work(scheduler)
    assert (
        len({tuple(sorted(record["settings"].items())) for record in scheduler.records.values()})
        == 6
    )


def test_where_the_defaults_win_they_are_not_repeated_twice(new):
    scheduler = new(repeats=2)
    work(scheduler, lambda spec: 1 / (1 + spec.config["training"]["seed"]))
    assert [record["kind"] for record in scheduler.records.values()][6:] == ["winner"] * 2


def test_a_worker_that_falls_silent_loses_its_trial(new, monkeypatch):
    scheduler = new()
    here, there = scheduler.create_trial("worker 1"), scheduler.create_trial("1", remote=True)
    now = time.monotonic()
    monkeypatch.setattr(scheduling.time, "monotonic", lambda: now + scheduling.LEASE_SECONDS + 1)
    given = scheduler.create_trial("worker 2")
    assert given.trial_id.split(".") == [there.trial_id.split(".")[0], "2"]
    assert (
        scheduler.get_trial(there.trial_id).status == "STOPPED"
        and scheduler.get_trial(here.trial_id).status == "RUNNING"
    )


def test_a_trial_that_is_killed_goes_on_and_fails_only_where_it_comes_no_further(new):
    scheduler = new()
    for step in (1, 2, 3, 4):
        trial = scheduler.create_trial("w")
        scheduler.update_trial(trial.trial_id, {"val_accuracy": 0.5}, step=step)
        end(scheduler, trial, ended="killed", reason="killed by SIGKILL")
        assert statuses(scheduler) == [WAITING]
    for _ in range(scheduling.MOST_KILLS):
        end(
            scheduler,
            scheduler.create_trial("w"),
            ended="killed",
            reason="killed by SIGKILL",
            blameless=True,
        )
    for _ in range(scheduling.MOST_KILLS - 1):
        assert statuses(scheduler) == [WAITING]
        end(scheduler, scheduler.create_trial("w"), ended="killed", reason="killed by SIGKILL")
    assert statuses(scheduler) == [FAILED]
    assert scheduler.records["0000"]["reason"] == "killed by SIGKILL, 5 times in or before epoch 5"


def test_the_median_rule_ends_what_falls_behind(new):
    scheduler = new(trials=10)
    for accuracy in (0.5, 0.6, 0.7, 0.8):
        trial = scheduler.create_trial("w")
        for step in range(1, 10):
            assert (
                scheduler.update_trial(trial.trial_id, {"val_accuracy": accuracy}, step=step).status
                == "RUNNING"
            )
        end(scheduler, trial, accuracy)
    good, bad = scheduler.create_trial("w"), scheduler.create_trial("w")
    assert scheduler.update_trial(good.trial_id, {"val_accuracy": 0.7}, step=4).status == "RUNNING"
    assert (
        scheduler.update_trial(bad.trial_id, {"val_accuracy": 0.6}, step=1).status == "RUNNING"
    ), "it is early yet"
    assert scheduler.update_trial(bad.trial_id, {"val_accuracy": 0.6}, step=2).status == "STOPPED"
    end(scheduler, bad, ended="stopped")
    record = scheduler.records["0005"]
    assert (record["status"], record["score"]) == (ENDED_EARLY, 0.6)
    assert record["reason"] == "behind the median of the others after epoch 2"
    assert scheduler.best["score"] == 0.8
    scheduler.plan = plan.Plan.from_dict({**scheduler.plan.to_dict(), "early": False})
    assert not median_stopping.should_stop(
        scheduler.plan, record, scheduler.with_status(COMPLETED), 2
    )


def test_hyperband_continues_the_better_trials_with_their_seeds(new):
    scheduler = new(method="hyperband", trials=None)
    specs = work(scheduler, score=lambda spec: spec.config["training"]["learning_rate"])
    assert scheduler.finished and set(statuses(scheduler)) == {COMPLETED}
    later = [spec for spec in specs if spec.earlier]
    by_folder = {spec.folder: spec for spec in specs}
    assert later
    for spec in later:
        earlier = by_folder[spec.earlier]
        assert earlier.config == spec.config and earlier.until < (spec.until or 9)
        assert spec.config["training"]["epochs"] == 9, (
            "schedules span the whole training at every rung"
        )
    assert scheduler.best["until"] is None


def test_hyperband_keeps_to_a_number_of_trials_and_still_trains_some_to_the_end(new):
    scheduler = new(method="hyperband", trials=7)
    work(scheduler, score=lambda spec: spec.config["training"]["learning_rate"])
    whole = [record for record in scheduler.records.values() if record["until"] is None]
    assert len(scheduler.records) == 7 and whole and scheduler.best in whole


@pytest.mark.parametrize(
    ("trials", "promoted", "workers"),
    [(7, 2, 1), (7, 2, 2), (7, 2, 3), (20, 6, 1), (20, 6, 2), (20, 6, 5)],
)
def test_hyperband_trains_its_best_on_although_several_workers_wait_for_them(
    new, trials, promoted, workers
):
    scheduler, chance, running = new(method="hyperband", trials=trials), random.Random(0), []
    while not scheduler.finished:
        while (
            len(running) < workers
            and (trial := scheduler.create_trial("worker")).status == "RUNNING"
        ):
            running.append(trial)
        if running:
            end(scheduler, running.pop(chance.randrange(len(running))), chance.random())
    records = list(scheduler.records.values())
    assert (
        len(records) == trials
        and sum(record["earlier"] is not None for record in records) == promoted
    )


def test_hyperband_goes_on_where_trials_fail(new):
    scheduler = new(method="hyperband", trials=None)
    for count in range(200):  # No bracket waits without end for a trial that failed.
        if (trial := scheduler.create_trial("w")).status == "RUNNING":
            end(scheduler, trial, 0.5, ended="failed" if count % 3 == 0 else "done", reason="NaN")
    assert (
        scheduler.finished
        and FAILED in statuses(scheduler)
        and scheduler.best["status"] == COMPLETED
    )


def test_a_search_in_which_everything_fails_says_why(new):
    scheduler = new(trials=20)
    for _ in range(scheduling.FIRST_FAILURES):
        end(scheduler, scheduler.create_trial("w"), ended="failed", reason="out of memory")
    assert scheduler.create_trial("w").status == "STOPPED"
    assert "the first 5 trials all failed, the last one with: out of memory" in scheduler.fatal


def test_what_a_page_chooses_wrongly_fails_one_trial_and_not_the_search(tmp_path, recipe):
    def search_space(hp):
        return {
            "batch_size": hp.Choice("batch_size", [16, 0, 8]),
            "units": hp.Choice("units", [3, 4]),
        }

    faulty = replace(recipe, search_space=search_space)
    base = plan.document(api.resolve(PAGE, recipe))
    given = {
        "method": "grid",
        "objective": "val_accuracy",
        "maximize": True,
        "epochs": 9,
        "repeats": 0,
    }
    scheduler = Scheduler(tmp_path, plan.Plan(recipe=PAGE, base=base, **given), faulty)
    work(scheduler)
    reasons = {
        record["settings"]["batch_size"]: record["reason"] for record in scheduler.records.values()
    }
    assert scheduler.finished and len(scheduler.records) == 6 and scheduler.fatal is None
    assert reasons == {16: None, 8: None, 0: "batch_size=0: must be at least 1"}


def test_an_objective_that_is_never_logged_ends_the_search(new):
    scheduler = new()
    end(
        scheduler,
        scheduler.create_trial("w"),
        ended="failed",
        reason="unknown objective 'val_f1'",
        objective=True,
    )
    assert (
        scheduler.create_trial("w").status == "STOPPED"
        and scheduler.fatal == "unknown objective 'val_f1'"
    )


def test_when_the_time_is_up_running_trials_stop_and_no_others_begin(new):
    scheduler = new(seconds=50.0)
    end(scheduler, scheduler.create_trial("w"), 0.7)
    running = scheduler.create_trial("w")
    scheduler.spent = 60.0
    assert scheduler.get_trial(running.trial_id).status == "STOPPED"
    assert scheduler.create_trial("w").status == "IDLE"
    end(scheduler, running, ended="stopped")
    assert work(scheduler) == [] and scheduler.finished
    cut = scheduler.records["0001"]
    assert (cut["status"], cut["reason"]) == (PAUSED, "the time was up")
    more = Scheduler.load(
        scheduler.folder,
        scheduler.recipe,
        plan.Plan.from_dict({**scheduler.plan.to_dict(), "seconds": 500.0}),
    )
    trial = more.create_trial("w")
    assert trial.trial_id == "0001.2", "it goes on when more time is granted"
    end(more, trial)
    work(more)
    assert statuses(more) == [COMPLETED] * 6


@pytest.mark.parametrize("seed", range(3))
def test_chaos_among_workers_and_schedulers_ends_every_trial_once(new, seed):
    """Kill, stop, silence and restart at random; in the end every trial has one outcome, and none
    is missing.
    """
    chance = random.Random(seed)
    scheduler, leases, ends = new(trials=30), [], []
    for _ in range(1000):
        what = chance.random()
        if what < 0.05:
            scheduler = again(scheduler)
        elif what < 0.5:
            trial = scheduler.create_trial(f"worker {chance.randrange(4)}")
            if trial.status == "STOPPED":
                break
            leases += [trial] if trial.status == "RUNNING" else []
        elif leases:
            trial = leases.pop(chance.randrange(len(leases)))
            leases += [trial] if chance.random() < 0.2 else []
            before = statuses(scheduler)
            scheduler.update_trial(
                trial.trial_id, {"val_accuracy": chance.random()}, step=chance.randrange(1, 9)
            )
            how = chance.choice(["done", "failed", "killed", "stopped"])
            end(scheduler, trial, chance.random(), ended=how, reason="x")
            changed = [
                n
                for n, pair in enumerate(zip(before, statuses(scheduler), strict=False))
                if len(set(pair)) > 1
            ]
            ends += [number for number in changed if statuses(scheduler)[number] in OVER]
    assert len(scheduler.records) == 30 and sorted(ends) == list(range(30))
    assert all(record["status"] in OVER for record in scheduler.records.values())
