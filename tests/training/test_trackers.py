"""Experiment trackers: what they are told, in which record, and that they never end a run.

The libraries are played by modules that write down what they are told; where a real one is
installed, the last tests read its records.
"""

import importlib.machinery
import sys
import types
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.errors import Interrupted, Notice, UserError
from kerasrecipes.reports import run_report
from kerasrecipes.runs.run import Run
from kerasrecipes.training import trackers
from kerasrecipes.training_settings import Training
from tests.samples import table

INSTALLED = {name: find_spec(name) is not None for name in ("mlflow", "wandb")}


class Client:
    """Plays `mlflow.tracking.MlflowClient`; records stay in the class, as on a server."""

    told: ClassVar[list] = []
    broken = False

    def __init__(self, uri):
        self.told.append(("uri", uri))

    def get_experiment_by_name(self, name):
        return SimpleNamespace(experiment_id="1") if ("experiment", name) in self.told else None

    def create_experiment(self, name, artifact_location):
        self.told.append(("experiment", name))
        return "1"

    def create_run(self, experiment, run_name):
        self.told.append(("new", run_name))
        return SimpleNamespace(info=SimpleNamespace(run_id="r1"))

    def update_run(self, run_id, status):
        self.told.append(("again", run_id))

    def log_batch(self, run_id, metrics=(), params=()):
        if self.broken and metrics:
            raise ConnectionError("no server")
        assert len(params) <= 100
        self.told += [("setting", param[0]) for param in params]
        self.told += [("metric", run_id, name, step) for name, _, _, step in metrics]

    def log_artifact(self, run_id, path):
        self.told.append(("file", Path(path).name))

    def set_terminated(self, run_id, status):
        self.told.append(("end", status))


class Record:
    """Plays a run of wandb."""

    def __init__(self, told):
        self.told, self.summary = told, self

    def update(self, metrics):
        self.told += [("metric", "final", name, 0) for name in metrics]

    def log(self, values, step=None):
        if step is None:
            self.told += [("file", f"{name}.png") for name in values]
        else:
            if Client.broken:
                raise ConnectionError("no server")
            self.told += [("metric", "r1", name, step) for name in values]

    def finish(self, exit_code):
        self.told.append(("end", exit_code))


@pytest.fixture
def told(monkeypatch):
    """Put both modules in place, and return what they are told."""
    seen: list = []
    monkeypatch.setattr(Client, "told", seen)
    monkeypatch.setattr(Client, "broken", False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)

    def init(**given):
        kind = "again" if given["resume"] or ("id", given["id"]) in seen else "new"
        seen.extend([(kind, given["name"]), ("id", given["id"]), ("mode", given["mode"])])
        seen.extend(("setting", name) for name in given["config"])
        return Record(seen)

    made = {
        "mlflow": {},
        "mlflow.entities": {"Param": lambda *a: a, "Metric": lambda *a: a},
        "mlflow.tracking": {"MlflowClient": Client},
        "wandb": {
            "init": init,
            "Settings": dict,
            "Image": str,
            "api": SimpleNamespace(api_key=None),
        },
    }
    for name, members in made.items():
        module = types.ModuleType(name)
        module.__spec__ = importlib.machinery.ModuleSpec(name, None)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    return seen


def config_of(tracker):
    return SimpleNamespace(
        training=Training(tracker=tracker),
        recipe="lenet",
        data="digits",
        options={},
        values={"k": 1},
    )


def train(run, tracker, rows, notes, *, finish=False):
    """Play a training that writes rows, and is interrupted unless it is to finish."""
    with trackers.tracking(run, config_of(tracker), notes) as (callback,):
        callback.on_train_begin()
        for number in range(1, rows + 1):
            run.write_history([{"epoch": n, "loss": 1 / n} for n in range(1, number + 1)])
            callback.on_epoch_end(number - 1, {})
        if not finish:
            raise Interrupted("stopped")
        (run.path / "figures").mkdir()
        (run.path / "figures" / "curves.png").write_bytes(b"")
        run.write_json("metrics.json", {"test": {"loss": 0.5}, "baseline": {"test": {"loss": 1}}})


@pytest.mark.parametrize("tracker", ["mlflow", "wandb"])
def test_a_resumed_run_goes_on_in_the_same_record_and_writes_each_epoch_once(
    told, tracker, tmp_path
):
    run, notes = Run.create("lenet", tmp_path), []
    with pytest.raises(Interrupted):
        train(run, tracker, 2, notes)
    # The third epoch was not written before the machine stopped; the second is repeated.
    train(run, tracker, 4, notes, finish=True)
    assert not notes
    logged = [row[3] for row in told if row[0] == "metric" and row[2] == "loss"]
    assert logged == [1, 2, 3, 4]
    assert [row[0] for row in told if row[0] in ("new", "again")] == ["new", "again"]
    assert ("setting", "k") in told and ("setting", "data") in told
    final = {row[2] for row in told if row[0] == "metric" and row[3] == 0}
    assert final == {"test_loss", "baseline_loss"}
    assert ("file", "curves.png") in told
    ends = [row[1] for row in told if row[0] == "end"]
    assert ends == (["KILLED", "FINISHED"] if tracker == "mlflow" else [1, 0])


def test_without_a_server_records_lie_beside_the_runs(told, tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    run = Run.create("lenet", tmp_path)
    train(run, "mlflow", 1, [], finish=True)
    train(Run.create("lenet", tmp_path), "wandb", 1, [], finish=True)
    assert ("uri", f"sqlite:///{tmp_path / 'mlflow.db'}") in told
    assert ("mode", "offline") in told


@pytest.mark.parametrize("tracker", ["mlflow", "wandb"])
def test_a_tracker_that_fails_is_a_note_and_is_not_asked_again(told, tracker, tmp_path):
    Client.broken = True
    notes: list[str] = []
    train(Run.create("lenet", tmp_path), tracker, 3, notes, finish=True)
    assert len(notes) == 1 and "ConnectionError: no server" in notes[0]
    assert notes[0].startswith(trackers.TRACKERS[tracker].title)
    assert not [row for row in told if row[0] in ("end", "file")]


def test_a_tracker_that_fails_in_the_end_is_told_by_a_notice(told, tmp_path, monkeypatch):
    monkeypatch.setattr(Client, "log_artifact", lambda *given: 1 / 0)
    with pytest.warns(Notice, match="MLflow failed and was left out: ZeroDivisionError"):
        train(Run.create("lenet", tmp_path), "mlflow", 1, [], finish=True)


def test_a_training_is_tracked_from_its_settings_to_its_figures(told, tmp_path, monkeypatch):
    monkeypatch.setattr(run_report, "write", lambda *given: None)
    data = table(tmp_path / "points.csv", 60)
    given = {"epochs": 2, "tracker": "mlflow", "diagnose": False, "observers": []}
    run = kerasrecipes.run("logistic", data, optimizer="adam", **given)
    steps = {row[3] for row in told if row[0] == "metric" and row[2] == "val_loss"}
    assert steps == {1, 2}
    assert {"epochs", "recipe", "data", "learning_rate"} <= {
        r[1] for r in told if r[0] == "setting"
    }
    assert ("end", "FINISHED") in told
    assert {f"test_{name}" for name in ("loss", "accuracy")} <= {r[2] for r in told if len(r) > 3}
    assert run.metrics["notes"] is not None


@pytest.mark.skipif(any(INSTALLED.values()), reason="a tracker is installed")
@pytest.mark.parametrize("name", ["mlflow", "wandb"])
def test_a_tracker_that_is_not_installed_is_refused_with_its_extra(name):
    with pytest.raises(UserError, match=rf"pip install 'kerasrecipes\[{name}\]'"):
        trackers.require(name)
    trackers.require(None)


@pytest.mark.skipif(not INSTALLED["mlflow"], reason="MLflow is not installed")
def test_mlflow_has_the_run_that_was_resumed(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run, notes = Run.create("lenet", tmp_path), []
    with pytest.raises(Interrupted):
        train(run, "mlflow", 2, notes)
    train(run, "mlflow", 3, notes, finish=True)
    assert not notes
    from mlflow.tracking import MlflowClient

    client = MlflowClient(f"sqlite:///{tmp_path / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("lenet").experiment_id
    (record,) = client.search_runs([experiment])
    assert record.info.status == "FINISHED" and record.data.params["k"] == "1"
    history = client.get_metric_history(record.info.run_id, "loss")
    assert [(one.step, one.value) for one in history] == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert record.data.metrics["test_loss"] == 0.5
    files = [item.path for item in client.list_artifacts(record.info.run_id)]
    assert "curves.png" in files
    assert not Path("mlruns").exists()


@pytest.mark.skipif(not INSTALLED["wandb"], reason="Weights & Biases is not installed")
def test_wandb_works_offline_in_the_run_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    run, notes = Run.create("lenet", tmp_path), []
    with pytest.raises(Interrupted):
        train(run, "wandb", 2, notes)
    (run.path / "figures").mkdir()
    from PIL import Image

    Image.fromarray(np.zeros((4, 4), np.uint8)).save(run.path / "figures" / "a.png")
    with trackers.tracking(run, config_of("wandb"), notes) as (callback,):
        callback.on_train_begin()
        run.write_history([{"epoch": n, "loss": 1 / n} for n in range(1, 4)])
        callback.on_epoch_end(2, {})
        run.write_json("metrics.json", {"test": {"loss": 0.5}})
    assert not notes
    folders = sorted((run.path / "wandb").glob("offline-run-*"))
    assert len({folder.name.rpartition("-")[2] for folder in folders}) == 1
    assert all(list(folder.glob("run-*.wandb")) for folder in folders)
