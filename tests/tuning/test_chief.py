"""What the chief of a search makes sure of."""

import os

import pytest

from kerasrecipes import registry
from kerasrecipes.errors import UserError
from kerasrecipes.runs import lock
from kerasrecipes.runs.config import resolve
from kerasrecipes.tuning.plan import Plan, document
from kerasrecipes.tuning.results import Tuning, folders
from kerasrecipes.tuning.scheduler import Scheduler
from kerasrecipes.tuning.search import tune
from kerasrecipes.tuning.trial_process import ForkServer
from tests.tuning.samples import PAGE, refused, silent


def test_a_search_is_conducted_by_one_process_alone(tmp_path, capsys):
    recipe = registry.load(PAGE)
    given = {
        "method": "random",
        "trials": 1,
        "objective": "val_accuracy",
        "maximize": True,
        "epochs": 1,
    }
    scheduler = Scheduler(
        tmp_path, Plan(recipe=PAGE, base=document(resolve(PAGE, recipe)), **given), recipe
    )
    scheduler.save()
    before = (tmp_path / "search.json").read_bytes()
    with lock.held(tmp_path):
        says = f"{tmp_path} is in use by process {os.getpid()} on "
        assert says in refused(capsys, "tune", PAGE, "--resume", str(tmp_path))
        assert (tmp_path / "search.json").read_bytes() == before and not (
            tmp_path / "trials"
        ).exists()
    with lock.held(tmp_path):
        pass


@pytest.mark.slow
def test_a_final_run_that_was_stopped_is_gone_on_with(monkeypatch):
    start = ForkServer.start

    def stopped(self, spec, **given):
        if spec.kind == "final":
            raise UserError("the machine went down")
        return start(self, spec, **given)

    with monkeypatch.context() as patched, pytest.raises(UserError, match="went down"):
        patched.setattr(ForkServer, "start", stopped)
        tune(PAGE, trials=1, method="random", epochs=1, repeats=0, watch=silent)
    (folder,) = folders("page")
    begun = Tuning(folder).run
    found = tune(PAGE, resume=folder, watch=silent)
    assert found.run.path == begun.path and found.run.finished
    assert len(list(begun.path.parent.glob("2*"))) == 1
