"""A job that cannot write says what is kept and what to do."""

import errno
import re

import pytest

import kerasrecipes
from kerasrecipes import files, registry
from kerasrecipes.errors import UserError
from kerasrecipes.reports.conclusion import conclude
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy
from kerasrecipes.training.job import Job

QUICK = {"limit": 96, "epochs": 1, "observers": ()}


def test_a_full_disk_keeps_what_was_saved(monkeypatch, tmp_path):
    written = files.replacing

    def full(path, **options):
        if path.name == "last.npz" and path.exists():
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return written(path, **options)

    monkeypatch.setattr(files, "replacing", full)
    with pytest.raises(UserError, match=r"the disk is full.*--resume"):
        kerasrecipes.run("lenet", **{**QUICK, "epochs": 2})
    monkeypatch.undo()
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path / "runs"))
    assert kerasrecipes.resume(observers=()).metrics["epochs"] == 2


def test_a_run_that_another_process_has_finished_meanwhile_is_left_as_it_is():
    run = kerasrecipes.run("softmax", **QUICK)
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    metrics = (run.path / "metrics.json").read_bytes()
    (run.path / "metrics.json").unlink()
    job = Job(run.recipe, run.config, Run(run.path))
    job.only_unfinished = True
    assert not job.run.finished
    (run.path / "metrics.json").write_bytes(metrics)
    with pytest.raises(UserError, match="finished by another process"):
        job.start(conclude, ())
    assert {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()} == before


def test_workers_without_a_common_folder_are_told_before_the_training(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))

    class Pair(Strategy):
        def gather(self, value):
            return [value, value and not isinstance(value, bool)]

        def broadcast(self, value):
            return value

    recipe = registry.load("lenet")
    config = resolve("lenet", recipe, limit=96, epochs=1)
    job = Job(recipe, config, strategy=Pair("pair", "two workers"))
    job.fingerprint = dict
    job.strategy.require_same = lambda facts: None
    with pytest.raises(
        UserError, match=r"worker 1 does not see the folder .*set KERASRECIPES_HOME"
    ):
        job.start(conclude, [])


@pytest.mark.parametrize("limit", [113, 240])
def test_what_was_chosen_for_the_number_of_examples_is_told_in_four_digits(limit):
    recipe = registry.load("linear")
    trainer = Job(recipe, resolve("linear", recipe, limit=limit)).load()
    (note,) = [note for note in trainer.notes if note.startswith("chosen for")]
    numbers = re.findall(r"=([0-9.e-]+)", note)
    assert numbers and all(float(number) == float(f"{float(number):.4g}") for number in numbers)
