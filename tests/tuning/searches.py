"""Searches that tests lead by hand, as workers would."""

import json

from kerasrecipes.tuning.scheduler import OUTCOME, SPEC, Scheduler
from kerasrecipes.tuning.trial import TrialSpec


def again(scheduler):
    """Take a search up again, as another process would."""
    return Scheduler.load(scheduler.folder, scheduler.recipe)


def end(scheduler, trial, score=0.5, ended="done", **more):
    trial.hyperparameters.values = {OUTCOME: json.dumps({"ended": ended, "score": score, **more})}
    scheduler.end_trial(trial)


def work(scheduler, score=lambda spec: 0.5):
    """Do everything there is to do, one trial after another, and give the specs."""
    specs = []
    while (trial := scheduler.create_trial("worker")).status != "STOPPED":
        if trial.status == "RUNNING":
            specs.append(TrialSpec.from_dict(json.loads(trial.hyperparameters.values[SPEC])))
            end(scheduler, trial, score(specs[-1]))
    return specs


def statuses(scheduler):
    return [record["status"] for record in scheduler.records.values()]
