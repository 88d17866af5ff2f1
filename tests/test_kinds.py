"""Trainings of other kinds than a classifier's: each by a recipe or a page of its own, from the
command line to the resumed run.
"""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.cli import main
from kerasrecipes.runs.finding import all_runs
from kerasrecipes.runs.run import Run
from kerasrecipes.training import checkpoints
from kerasrecipes.training.job import Job
from kerasrecipes.tuning import plan
from kerasrecipes.tuning.trial import TrialSpec, execute
from tests.training.interruptions import KillAfter, Killed

PAGES = Path(__file__).with_name("pages")
KINDS = ("vae", "gan", "two_heads", "autoencoder", "reconstruction", "sparse_coding", "agent")
# What a row of the history of each has at least, and the metric that people ask for.
ROWS = {
    "vae": {"loss", "elbo", "divergence", "val_loss", "val_elbo"},
    "gan": {"discriminator_loss", "generator_loss", "told_apart", "val_generator_loss"},
    "two_heads": {"loss", "quadrant_loss", "quadrant_accuracy", "distance_mean_absolute_error"},
    "autoencoder": {"loss", "psnr", "val_loss", "val_psnr"},
    "reconstruction": {"loss", "mean_absolute_error", "val_loss"},
    "sparse_coding": {"loss", "val_loss"},
    "agent": {"loss", "return"},
}
HEADLINES = {
    "vae": ("elbo", "max"),
    "gan": ("frechet_distance", "min"),
    "two_heads": ("quadrant_accuracy", "max"),
    "autoencoder": ("psnr", "max"),
    "reconstruction": ("mean_absolute_error", "min"),
    "sparse_coding": ("loss", "min"),
    "agent": ("return", "max"),
}


def page(name):
    own = PAGES / f"{name}.py"
    return str(own) if own.exists() else name


# A game of two networks takes as long as all the others.
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name == "gan")) for name in KINDS]
)
def test_from_the_command_line_to_the_report_and_the_evaluation(name, capsys):
    assert main(["run", page(name), "--epochs", "2", "--limit", "200"]) == 0
    (run,) = all_runs(name)
    assert run.finished and (run.path / "report.html").stat().st_size > 10_000
    assert ROWS[name] <= set(run.history[-1]) and len(run.history) == 2
    assert (run.metrics["main_metric"], run.metrics["best"]) == HEADLINES[name]
    assert HEADLINES[name][0] in run.metrics["test"]
    capsys.readouterr()
    assert main(["evaluate", str(run.path), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    for metric, value in run.metrics["test"].items():
        if name != "agent" or metric == "return":
            assert again[metric] == pytest.approx(value, rel=1e-5), metric


def train(name, run, *observers, **said):
    keras.utils.clear_session()
    recipe = registry.load(page(name))
    given = {"epochs": 2, "limit": 120, "batch_size": 20, "checkpoint_seconds": 0, **said}
    config = api.resolve(page(name), recipe, **given)
    trainer = Job(recipe, config).load()
    trainer.fit(run, observers, resume=True)
    return trainer


# One with a loop of its own; the others resume as every model does, the recipes among them also in
# the contract.
QUICK = ("agent",)


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in KINDS]
)
def test_the_same_bits_after_interruptions_anywhere(name, tmp_path):
    whole = train(name, Run.create("whole", tmp_path))
    run = Run.create("broken", tmp_path)
    with pytest.raises(Killed):
        train(name, run, KillAfter(whole.steps + 2))
    assert checkpoints.load_state(run.path / "checkpoints" / "last.npz")["position"]["batch"] == 1
    broken = train(name, run)
    states = [checkpoints.read(trainer.model) for trainer in (whole, broken)]
    for one, other in zip(*states, strict=True):
        np.testing.assert_array_equal(one, other)
    rows = [
        [{k: v for k, v in row.items() if k != "seconds"} for row in trainer.rows]
        for trainer in (whole, broken)
    ]
    assert rows[0] == rows[1] and len(run.history) == 2


def test_the_state_of_every_optimizer_is_in_a_checkpoint(tmp_path):
    run = Run.create("a", tmp_path)
    trainer = train("gan", run, discriminator_rate=2e-3, filters=4)
    parts, model = trainer.model.optimizer.parts, trainer.model
    # Two moments for each weight, the count of steps and the rate, of each optimizer.
    for turn, part in parts.items():
        assert len(part.variables) == 2 * len(model.turn_variables(turn)) + 2
    assert [int(part.iterations) for part in parts.values()] == [12, 12, 12]
    rates = [float(part.learning_rate) for part in parts.values()]
    assert rates == pytest.approx([2e-3, 1e-3, 1e-3])
    assert [part.beta_1 for part in parts.values()] == [0.5, 0.5, 0.9]
    before = checkpoints.read(trainer.model)
    for variable in trainer.model.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    checkpoints.restore(run.path / "checkpoints" / "last.npz", trainer.model)
    for one, other in zip(before, checkpoints.read(trainer.model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_labels_that_are_missing_leave_losses_and_metrics_finite(tmp_path):
    trainer = train("two_heads", Run.create("gaps", tmp_path), data="gaps")
    for row in trainer.rows:
        assert all(np.isfinite(value) for value in row.values()), row
    # Metrics are those of the examples that have the label.
    known = ~np.isnan(trainer.splits.test.y["distance"][:, 0])
    assert 0 < known.sum() < len(known)
    outputs = trainer.predict(trainer.splits.test)["distance"][known]
    error = np.abs(outputs - trainer.splits.test.y["distance"][known]).mean()
    found = trainer.evaluate(trainer.splits.test)["distance_mean_absolute_error"]
    assert found == pytest.approx(error, rel=1e-4)


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in KINDS]
)
def test_a_trial_of_each_kind_is_scored(name, tmp_path):
    given = {"filters": 4} if name == "gan" else {"units": 8}
    config = api.resolve(page(name), registry.load(page(name)), epochs=1, limit=60, **given)
    # What trains in turns has no headline among the metrics that every epoch logs.
    found = {"objective": "val_generator_loss" if name == "gan" else None}
    for kind in ("probe", "trial"):
        keras.utils.clear_session()
        given = {"config": plan.document(config), "objective": found["objective"]}
        events = []
        execute(
            TrialSpec(kind=kind, folder=str(tmp_path / kind), **given),
            lambda event, events=events, **values: events.append({"event": event, **values}),
        )
        found = events[-1]
        assert found["event"] == "done", found
    assert np.isfinite(found["score"]) and found["epochs"] == 1
