"""Whole runs of recipes on several devices and by several processes, to the report and the
answers.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from kerasrecipes import registry
from kerasrecipes.runs.finding import all_runs

ROOT = Path(__file__).resolve().parents[1]
# An input for those whose answers come from sequences, tables or a model's inner states.
ASKED = {"sentiment": "the film was not bad", "tagger": "I saw the saw", "next_word": "the dog"}
MANY = ["edges", "mlp", "transfer", "sentiment", "tagger", "next_word", "caption", "attention"]


def said(*command, home, seconds=300):
    """Run a command and give what it says."""
    environment = {
        **os.environ,
        "KERASRECIPES_HOME": str(home),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=seconds,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def on_two_devices(home, *names):
    """Run recipes in one process on two virtual devices."""
    lines = said(
        "tests.programs.recipes_on_devices", str(home), *names, home=home, seconds=600
    ).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


@pytest.mark.slow
def test_trainings_follow_one_another_on_the_same_devices_and_are_diagnosed(tmp_path):
    names = ["edges", "perceptron", "logistic"]
    found = on_two_devices(tmp_path, *names)
    assert [line["recipe"] for line in found] == names
    assert found[-1]["moments"] >= 2 and found[-1]["accuracy"] > 0.8
    assert len(list(tmp_path.rglob("report.html"))) == 3


@pytest.mark.slow
def test_every_recipe_runs_on_two_devices(tmp_path):
    assert len(on_two_devices(tmp_path, *registry.names(), "logistic")) == len(registry.names()) + 1


@pytest.mark.slow
@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="answers are compared with TensorFlow's"
)
@pytest.mark.parametrize("name", MANY)
def test_two_processes_train_evaluate_and_answer(tmp_path, name):
    launch = ("kerasrecipes", "launch", "--processes", "2")
    said(*launch, "run", name, "--limit", "96", "--epochs", "1", home=tmp_path)
    (run,) = all_runs(name, tmp_path)
    assert run.finished and (run.path / "report.html").is_file()
    spread = ("--strategy", "multiworker")
    alone, together = (
        json.loads(
            said(*words, "evaluate", name, "--json", *more, home=tmp_path).replace("[0] ", "")
        )
        for words, more in ((("kerasrecipes",), ()), (launch, spread))
    )
    figures = {name: value for name, value in alone.items() if isinstance(value, float)}
    assert {name: together[name] for name in figures} == pytest.approx(figures, abs=1e-4)
    if name in ASKED:
        words = ("predict", name, ASKED[name])
        assert said("kerasrecipes", *words, home=tmp_path) == said(
            *launch, *words, *spread, home=tmp_path
        ).replace("[0] ", "")
