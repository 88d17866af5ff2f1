"""A run from Python."""

import errno
import json

import pytest

import kerasrecipes
from kerasrecipes import api, files, registry
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.runs.run import Run, find
from kerasrecipes.strategies import Strategy
from kerasrecipes.training.job import Job

QUICK = {"limit": 96, "epochs": 1, "observers": ()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERASRECIPES_HOME", str(tmp_path_factory.mktemp("runs")))
        yield kerasrecipes.run("lenet", activation="relu", **QUICK)


def test_a_run_gives_its_model_and_figures(finished):
    assert 0 <= finished.metrics["test"]["accuracy"] <= 1
    assert finished.model.count_params() == 61_706
    assert finished.info.num_classes == 10
    assert finished.config.settings["activation"] == "relu"
    assert finished.history[0]["epoch"] == 1


def test_the_configuration_survives_the_way_through_its_file(finished):
    again = Run(finished.path)
    assert again.config == finished.config
    assert again.config.training.patience is None


def test_a_run_is_found_by_folder_and_by_recipe(finished):
    home = finished.path.parent.parent
    assert find(str(finished.path)).path == finished.path
    assert find("lenet", home).path == finished.path
    with pytest.raises(UserError, match="no finished run of 'mlp'"):
        find("mlp", home)


def test_the_best_run_is_the_one_by_name(finished, tmp_path):
    for name, accuracy in [
        ("2026-01-01-000001", 0.5),
        ("2026-01-01-000002", 0.9),
        ("2026-01-01-000003", 0.7),
    ]:
        folder = tmp_path / "lenet" / name
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text((finished.path / "config.toml").read_text())
        metrics = {**finished.metrics, "validation": {"accuracy": accuracy}}
        (folder / "metrics.json").write_text(json.dumps(metrics))
    assert find("lenet", tmp_path).path.name == "2026-01-01-000002"


def test_runs_on_other_data_are_not_compared(finished, tmp_path):
    for name, data, accuracy in [
        ("2026-01-01-000001", "digits", 0.9),
        ("2026-01-01-000002", "mnist", 0.5),
    ]:
        folder = tmp_path / "lenet" / name
        folder.mkdir(parents=True)
        text = (finished.path / "config.toml").read_text()
        (folder / "config.toml").write_text(text.replace('data = "digits"', f'data = "{data}"'))
        (folder / "metrics.json").write_text(
            json.dumps({**finished.metrics, "validation": {"accuracy": accuracy}})
        )
    assert find("lenet", tmp_path).path.name == "2026-01-01-000002"


def test_an_unknown_setting_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match="did you mean 'activation'"):
        kerasrecipes.run("lenet", aktivation="relu", **QUICK)
    assert not (tmp_path / "runs").exists()


def test_a_full_disk_keeps_what_was_saved(monkeypatch, tmp_path):
    written = files.replacing

    def full(path):
        if path.name == "last.npz" and path.exists():
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return written(path)

    monkeypatch.setattr(files, "replacing", full)
    with pytest.raises(UserError, match=r"the disk is full.*--resume"):
        kerasrecipes.run("lenet", **{**QUICK, "epochs": 2})
    monkeypatch.undo()
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    assert kerasrecipes.resume(observers=()).metrics["epochs"] == 2


def test_workers_without_a_common_folder_are_told_before_the_training(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))

    class Pair(Strategy):
        def gather(self, value):
            return [value, value and not isinstance(value, bool)]

        def broadcast(self, value):
            return value

    recipe = registry.load("lenet")
    config = api.resolve("lenet", recipe, limit=96, epochs=1)
    job = Job(recipe, config, strategy=Pair("pair", "two workers"))
    job.fingerprint = dict
    job.strategy.require_same = lambda facts: None
    with pytest.raises(
        UserError, match=r"worker 1 does not see the folder .*set KERASRECIPES_HOME"
    ):
        job.start(conclude, [])


def test_an_interrupted_run_is_resumed_from_python():
    import os
    import signal

    import keras

    class Stop(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match="state is saved"):
        kerasrecipes.run("lenet", **{**QUICK, "epochs": 2, "batch_size": 32, "observers": [Stop()]})
    run = kerasrecipes.resume(observers=())
    assert run.finished and run.metrics["epochs"] == 2
    with pytest.raises(UserError, match="nothing to resume"):
        kerasrecipes.resume(run)


def test_a_page_inside_a_run_folder_is_not_executed(finished, tmp_path):
    page = tmp_path / "evil.py"
    page.write_text("raise RuntimeError('executed')")
    (tmp_path / "config.toml").write_text(f'recipe = "{page}"\ndata = "digits"\n[training]\n')
    with pytest.raises(UserError, match="page inside its own folder"):
        _ = Run(tmp_path).recipe
