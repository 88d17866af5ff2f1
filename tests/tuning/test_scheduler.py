"""The desk: every trial ends exactly once, whatever happens to the workers and to the desk
itself.
"""

import json
import random
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kerasrecipes import api, registry
from kerasrecipes.tuning import median_stopping, oracles, plan
from kerasrecipes.tuning import scheduler as desks
from kerasrecipes.tuning.scheduler import (
    COMPLETED,
    ENDED_EARLY,
    FAILED,
    ORDER,
    OUTCOME,
    PAUSED,
    RUNNING,
    WAITING,
    Desk,
)
from kerasrecipes.tuning.trial import Order

PAGE = str(Path(__file__).parent / "page.py")


@pytest.fixture(scope="module")
def recipe():
    return registry.load(PAGE)


@pytest.fixture
def new(tmp_path, recipe):
    """Make a search."""

    def make(**changes):
        given = {
            "method": "random",
            "trials": 6,
            "repeats": 0,
            "objective": "val_accuracy",
            "maximize": True,
        }
        base = plan.document(api.resolve(PAGE, recipe))
        return Desk(
            tmp_path, plan.Plan(recipe=PAGE, base=base, epochs=9, **{**given, **changes}), recipe
        )

    return make


def again(desk):
    """Take a search up again, as another process would."""
    return Desk.load(desk.folder, desk.recipe)


def end(desk, trial, score=0.5, ended="done", **more):
    trial.hyperparameters.values = {OUTCOME: json.dumps({"ended": ended, "score": score, **more})}
    desk.end_trial(trial)


def work(desk, score=lambda order: 0.5):
    """Do everything there is to do, one trial after another, and give the orders."""
    orders = []
    while (trial := desk.create_trial("worker")).status != "STOPPED":
        if trial.status == "RUNNING":
            orders.append(Order.from_dict(json.loads(trial.hyperparameters.values[ORDER])))
            end(desk, trial, score(orders[-1]))
    return orders


def statuses(desk):
    return [record["status"] for record in desk.records.values()]


def test_a_search_ends_with_as_many_trials_as_were_asked_for(new):
    desk = new(repeats=2)
    orders = work(desk, lambda order: order.config["training"]["seed"] / 10_002)
    assert statuses(desk) == [COMPLETED] * 10 and desk.finished
    assert [record["kind"] for record in desk.records.values()][6:] == ["winner", "defaults"] * 2
    seeds = [order.config["training"]["seed"] for order in orders]
    assert seeds[:6] == list(range(6)) and seeds[6:] == [10_000, 10_000, 10_001, 10_001]
    assert not any(order.config["training"]["diagnose"] for order in orders)


@pytest.mark.parametrize("method", oracles.METHODS)
def test_a_search_begins_with_the_pages_defaults(new, method):
    desk = new(method=method)
    desk.create_trial("w"), desk.create_trial("w")
    first, second = (record["settings"] for record in desk.records.values())
    assert plan.keeps(first, desk.base.values) and not plan.keeps(second, desk.base.values)


def test_the_defaults_are_not_proposed_again(new):
    desk = new(searches=("units=choice(2,3,4)", "learning_rate=choice(0.1,0.2)"), trials=6)
    end(desk, desk.create_trial("w"))
    desk = again(desk)
    work(desk)
    assert len({tuple(sorted(record["settings"].items())) for record in desk.records.values()}) == 6


def test_where_the_defaults_win_they_are_not_repeated_twice(new):
    desk = new(repeats=2)
    work(desk, lambda order: 1 / (1 + order.config["training"]["seed"]))
    assert [record["kind"] for record in desk.records.values()][6:] == ["winner"] * 2


@pytest.mark.parametrize("method", ["random", "bayesian", "grid", "hyperband"])
def test_a_search_that_is_taken_up_again_proposes_what_it_would_have(new, method):
    desk = new(method=method, trials=8)
    chance = random.Random(7)
    for _ in range(4):
        end(desk, desk.create_trial("worker"), chance.random())
    other = again(desk)
    both = [[desk.create_trial("w"), desk.create_trial("w")] for desk in (desk, other)]
    orders = [
        [json.loads(trial.hyperparameters.values[ORDER])["config"] for trial in trials]
        for trials in both
    ]
    assert orders[0] == orders[1]


def test_a_grid_goes_through_all_combinations_once_also_after_a_resume(new):
    searches = ("units=choice(2,3,5)", "learning_rate=choice(0.1,0.2)")
    desk = new(method="grid", trials=None, searches=searches)
    end(desk, desk.create_trial("w"))
    running = desk.create_trial("w")
    assert running.status == "RUNNING" and desk.create_trial("w").status == "RUNNING", (
        "a grid runs in parallel"
    )
    desk = again(desk)
    work(desk)
    combinations = {tuple(sorted(record["settings"].items())) for record in desk.records.values()}
    assert len(desk.records) == len(combinations) == 6 and set(statuses(desk)) == {COMPLETED}


def test_running_trials_wait_to_be_continued_after_the_desk_was_killed(new):
    desk = new()
    first = desk.create_trial("worker")
    desk = again(desk)
    assert statuses(desk) == [WAITING]
    second = desk.create_trial("worker")
    assert first.trial_id == "0000.1" and second.trial_id == "0000.2"
    end(desk, first, 0.9)
    assert statuses(desk) == [RUNNING], "an old ticket counts for nothing"
    assert desk.get_trial(first.trial_id).status == "STOPPED"
    end(desk, second, 0.4)
    end(desk, second, 0.8)
    assert desk.records["0000"]["score"] == 0.4, "a trial ends once"


def test_a_worker_that_falls_silent_loses_its_trial(new, monkeypatch):
    desk = new()
    here, there = desk.create_trial("worker 1"), desk.create_trial("1@elsewhere")
    now = time.monotonic()
    monkeypatch.setattr(desks.time, "monotonic", lambda: now + desks.LEASE + 1)
    given = desk.create_trial("worker 2")
    assert given.trial_id.split(".") == [there.trial_id.split(".")[0], "2"]
    assert (
        desk.get_trial(there.trial_id).status == "STOPPED"
        and desk.get_trial(here.trial_id).status == "RUNNING"
    )


def test_a_trial_that_is_killed_goes_on_and_fails_only_where_it_comes_no_further(new):
    desk = new()
    for step in (1, 2, 3, 4):
        trial = desk.create_trial("w")
        desk.update_trial(trial.trial_id, {"val_accuracy": 0.5}, step=step)
        end(desk, trial, ended="killed", reason="killed by SIGKILL")
        assert statuses(desk) == [WAITING]
    for _ in range(desks.MOST_KILLS):
        end(
            desk, desk.create_trial("w"), ended="killed", reason="killed by SIGKILL", blameless=True
        )
    for _ in range(desks.MOST_KILLS - 1):
        assert statuses(desk) == [WAITING]
        end(desk, desk.create_trial("w"), ended="killed", reason="killed by SIGKILL")
    assert statuses(desk) == [FAILED]
    assert desk.records["0000"]["reason"] == "killed by SIGKILL, 5 times in or before epoch 5"


def test_the_median_rule_ends_what_falls_behind(new):
    desk = new(trials=10)
    for accuracy in (0.5, 0.6, 0.7, 0.8):
        trial = desk.create_trial("w")
        for step in range(1, 10):
            assert (
                desk.update_trial(trial.trial_id, {"val_accuracy": accuracy}, step=step).status
                == "RUNNING"
            )
        end(desk, trial, accuracy)
    good, bad = desk.create_trial("w"), desk.create_trial("w")
    assert desk.update_trial(good.trial_id, {"val_accuracy": 0.7}, step=4).status == "RUNNING"
    assert desk.update_trial(bad.trial_id, {"val_accuracy": 0.6}, step=1).status == "RUNNING", (
        "it is early yet"
    )
    assert desk.update_trial(bad.trial_id, {"val_accuracy": 0.6}, step=2).status == "STOPPED"
    end(desk, bad, ended="stopped")
    record = desk.records["0005"]
    assert (record["status"], record["score"]) == (ENDED_EARLY, 0.6)
    assert record["reason"] == "behind the median of the others after epoch 2"
    assert desk.best["score"] == 0.8
    desk.plan = plan.Plan.from_dict({**desk.plan.to_dict(), "early": False})
    assert not median_stopping.behind(desk.plan, record, desk.named(COMPLETED), 2)


def test_hyperband_continues_the_better_trials_with_their_seeds(new):
    desk = new(method="hyperband", trials=None)
    orders = work(desk, score=lambda order: order.config["training"]["learning_rate"])
    assert desk.finished and set(statuses(desk)) == {COMPLETED}
    later = [order for order in orders if order.earlier]
    by_folder = {order.folder: order for order in orders}
    assert later
    for order in later:
        earlier = by_folder[order.earlier]
        assert earlier.config == order.config and earlier.until < (order.until or 9)
        assert order.config["training"]["epochs"] == 9, (
            "schedules span the whole training at every rung"
        )
    assert desk.best["until"] is None


def test_hyperband_keeps_to_a_number_of_trials_and_still_trains_some_to_the_end(new):
    desk = new(method="hyperband", trials=7)
    work(desk, score=lambda order: order.config["training"]["learning_rate"])
    whole = [record for record in desk.records.values() if record["until"] is None]
    assert len(desk.records) == 7 and whole and desk.best in whole


@pytest.mark.parametrize(
    ("trials", "promoted", "workers"),
    [(7, 2, 1), (7, 2, 2), (7, 2, 3), (20, 6, 1), (20, 6, 2), (20, 6, 5)],
)
def test_hyperband_trains_its_best_on_although_several_workers_wait_for_them(
    new, trials, promoted, workers
):
    desk, chance, running = new(method="hyperband", trials=trials), random.Random(0), []
    while not desk.finished:
        while len(running) < workers and (trial := desk.create_trial("worker")).status == "RUNNING":
            running.append(trial)
        if running:
            end(desk, running.pop(chance.randrange(len(running))), chance.random())
    records = list(desk.records.values())
    assert (
        len(records) == trials
        and sum(record["earlier"] is not None for record in records) == promoted
    )


def test_hyperband_goes_on_where_trials_fail(new):
    desk = new(method="hyperband", trials=None)
    for count in range(200):  # No bracket waits without end for a trial that failed.
        if (trial := desk.create_trial("w")).status == "RUNNING":
            end(desk, trial, 0.5, ended="failed" if count % 3 == 0 else "done", reason="NaN")
    assert desk.finished and FAILED in statuses(desk) and desk.best["status"] == COMPLETED


def test_a_search_in_which_everything_fails_says_why(new):
    desk = new(trials=20)
    for _ in range(desks.FIRST_FAILURES):
        end(desk, desk.create_trial("w"), ended="failed", reason="out of memory")
    assert desk.create_trial("w").status == "STOPPED"
    assert "the first 5 trials all failed, the last one with: out of memory" in desk.fatal


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
    desk = Desk(tmp_path, plan.Plan(recipe=PAGE, base=base, **given), faulty)
    work(desk)
    reasons = {
        record["settings"]["batch_size"]: record["reason"] for record in desk.records.values()
    }
    assert desk.finished and len(desk.records) == 6 and desk.fatal is None
    assert reasons == {16: None, 8: None, 0: "batch_size=0: must be at least 1"}


def test_an_objective_that_is_never_logged_ends_the_search(new):
    desk = new()
    end(
        desk,
        desk.create_trial("w"),
        ended="failed",
        reason="unknown objective 'val_f1'",
        objective=True,
    )
    assert desk.create_trial("w").status == "STOPPED" and desk.fatal == "unknown objective 'val_f1'"


def test_when_the_time_is_up_running_trials_stop_and_no_others_begin(new):
    desk = new(seconds=50.0)
    end(desk, desk.create_trial("w"), 0.7)
    running = desk.create_trial("w")
    desk.spent = 60.0
    assert desk.get_trial(running.trial_id).status == "STOPPED"
    assert desk.create_trial("w").status == "IDLE"
    end(desk, running, ended="stopped")
    assert work(desk) == [] and desk.finished
    cut = desk.records["0001"]
    assert (cut["status"], cut["reason"]) == (PAUSED, "the time was up")
    more = Desk.load(
        desk.folder, desk.recipe, plan.Plan.from_dict({**desk.plan.to_dict(), "seconds": 500.0})
    )
    trial = more.create_trial("w")
    assert trial.trial_id == "0001.2", "it goes on when more time is granted"
    end(more, trial)
    work(more)
    assert statuses(more) == [COMPLETED] * 6


def test_a_halted_search_loses_nothing(new):
    desk = new()
    trial = desk.create_trial("w")
    desk.halt()
    assert (
        desk.get_trial(trial.trial_id).status == "STOPPED"
        and desk.create_trial("w").status == "STOPPED"
    )
    end(desk, trial, ended="stopped")
    assert statuses(again(desk)) == [WAITING]


def test_more_trials_may_be_granted_afterwards(new):
    desk = new(repeats=1)
    work(desk)
    more = Desk.load(
        desk.folder, desk.recipe, plan.Plan.from_dict({**desk.plan.to_dict(), "trials": 9})
    )
    work(more)
    kinds = [record["kind"] for record in more.records.values()]
    assert (
        kinds.count("search") == 9
        and kinds.count("winner") == 1
        and kinds.count("earlier winner") == 1
    )


@pytest.mark.parametrize("seed", range(3))
def test_chaos_among_workers_and_desks_ends_every_trial_once(new, seed):
    """Kill, stop, silence and restart at random; in the end every trial has one outcome, and none
    is missing.
    """
    chance = random.Random(seed)
    desk, tickets, ends = new(trials=30), [], []
    for _ in range(1000):
        what = chance.random()
        if what < 0.05:
            desk = again(desk)
        elif what < 0.5:
            trial = desk.create_trial(f"worker {chance.randrange(4)}")
            if trial.status == "STOPPED":
                break
            tickets += [trial] if trial.status == "RUNNING" else []
        elif tickets:
            trial = tickets.pop(chance.randrange(len(tickets)))
            tickets += [trial] if chance.random() < 0.2 else []
            before = statuses(desk)
            desk.update_trial(
                trial.trial_id, {"val_accuracy": chance.random()}, step=chance.randrange(1, 9)
            )
            how = chance.choice(["done", "failed", "killed", "stopped"])
            end(desk, trial, chance.random(), ended=how, reason="x")
            changed = [
                n
                for n, pair in enumerate(zip(before, statuses(desk), strict=False))
                if len(set(pair)) > 1
            ]
            ends += [number for number in changed if statuses(desk)[number] in desks.OVER]
    assert len(desk.records) == 30 and sorted(ends) == list(range(30))
    assert all(record["status"] in desks.OVER for record in desk.records.values())


def test_a_proposal_that_fails_holds_nobody_up(new, monkeypatch):
    desk = new()

    def broken(*arguments):
        raise ValueError("no proposal")

    with monkeypatch.context() as patched:
        patched.setattr(desk.oracle, "populate_space", broken)
        with pytest.raises(ValueError, match="no proposal"):
            oracles.create(desk.oracle, "one")
    found = []
    other = threading.Thread(
        target=lambda: found.append(oracles.create(desk.oracle, "two")), daemon=True
    )
    other.start()
    other.join(5)
    assert found and found[0].status == "RUNNING"
