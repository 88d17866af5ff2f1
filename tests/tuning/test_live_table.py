"""The live table of a search, and what takes its place where there is no terminal."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from kerasrecipes import api, registry
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.live_table import LiveTable
from kerasrecipes.tuning.scheduler import OUTCOME, Scheduler

PAGE = str(Path(__file__).parent / "page.py")


def new(folder, **given):
    """Make a search."""
    recipe = registry.load(PAGE)
    given = {"repeats": 0, "objective": "val_accuracy", "maximize": True, "epochs": 9, **given}
    return Scheduler(
        folder,
        plan.Plan(recipe=PAGE, base=plan.document(api.resolve(PAGE, recipe)), **given),
        recipe,
    )


@pytest.fixture
def scheduler(tmp_path):
    """A search of six trials: one done, one that failed, one that runs."""
    found = new(tmp_path, method="random", trials=6)
    for outcome in (
        {"ended": "done", "score": 0.875},
        {"ended": "failed", "reason": "the loss became nan"},
    ):
        trial = found.create_trial("worker 1")
        trial.hyperparameters.values = {OUTCOME: json.dumps(outcome)}
        found.end_trial(trial)
    for record in found.records.values():
        record["began"] = record["ended"] - 60.0
    running = found.create_trial("worker 1")
    for step, accuracy in enumerate((0.25, 0.75, 0.5), 1):
        found.update_trial(running.trial_id, {"val_accuracy": accuracy}, step=step)
    return found


def shown(scheduler, over=False, **terminal):
    """Give the lines that are written."""
    console = Console(record=True, file=io.StringIO(), width=160, **terminal)
    with LiveTable(console) as table:
        table.show(scheduler, over)
        table.show(scheduler, over)
    return console.export_text().replace("\u00a0", " ").splitlines()


def test_the_live_table_says_how_each_trial_and_the_search_stand(scheduler):
    lines = shown(scheduler, force_terminal=True)
    head = next(line for line in lines if line.startswith("trial  "))
    assert head.split() == ["trial", "epoch", "val_accuracy", "best", "worker", "settings"]
    running = next(line for line in lines if line.startswith("0002"))
    values = scheduler.records["0002"]["settings"]
    for part in (
        "3/9",
        "50.0 %",
        "75.0 %",
        "worker 1",
        f"units={values['units']}",
        "learning_rate=",
    ):
        assert part in running, part
    standing = next(line for line in lines if line.startswith("2 of 6 trials"))
    assert "1 failed, best val_accuracy 87.5 % (trial 0000), " in standing
    assert "4 min 0 s left" in standing, "four more, one at a time, each as long as the two before"


def test_each_trial_that_ended_is_told_once(scheduler):
    for lines in (shown(scheduler, force_terminal=True), shown(scheduler)):
        (done,) = [line for line in lines if line.startswith("trial 0000  ")]
        (failed,) = [line for line in lines if line.startswith("trial 0001  ")]
        assert "87.5 %" in done and "learning_rate=" in done
        assert failed.rstrip().endswith("failed (the loss became nan)")
    assert not any(line.startswith("0002") for line in shown(scheduler)), (
        "without a terminal there is no table"
    )


def test_the_epochs_of_all_folds_are_counted(tmp_path):
    scheduler = new(tmp_path, method="hyperband", folds=2)
    trial = scheduler.create_trial("worker 1")
    scheduler.update_trial(trial.trial_id, {"val_accuracy": 0.5}, step=1)
    assert scheduler.records["0000"]["until"] == 1
    assert (
        next(
            line for line in shown(scheduler, force_terminal=True) if line.startswith("0000")
        ).split()[1]
        == "1/2"
    )
