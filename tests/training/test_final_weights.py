"""Which weights become the model, in whole trainings, in phases and after interruptions."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest

from kerasrecipes import api
from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.training.checkpointing import Checkpoints
from kerasrecipes.training.final_weights import Kept, better
from tests.training.interruptions import KillAfter, Killed
from tests.training.test_resume import PAGE, start, train
from tests.training.transfers import made

# A rate at which the validation loss goes up and down, so that the last epoch is not the best.
WILD = {"optimizer": "sgd", "learning_rate": 0.5, "epochs": 5, "diagnose": False}


def wild(**said):
    recipe, _ = start()
    return recipe, resolve(PAGE, recipe, batch_size=20, **{**WILD, **said})


@pytest.mark.parametrize(("monitor", "ema"), [("val_loss", None), ("val_accuracy", 0.5)])
def test_the_model_has_the_weights_of_the_best_epoch(monitor, ema, tmp_path):
    trainer = train(Run.create("a", tmp_path), *wild(monitor=monitor, ema=ema), resume=False)
    values = [row[monitor] for row in trainer.history.rows]
    best = int(np.argmin(values) if monitor == "val_loss" else np.argmax(values))
    assert trainer.kept.epoch == best + 1 and trainer.kept.value == pytest.approx(values[best])
    found = trainer.evaluate(trainer.splits.validation)
    row = trainer.history.rows[best]
    assert found == pytest.approx({name: row[f"val_{name}"] for name in found}, rel=1e-5)


def test_the_last_epoch_is_kept_where_it_is_asked_for(tmp_path):
    trainer = train(Run.create("a", tmp_path), *wild(keep="last", patience=5), resume=False)
    row = trainer.history.rows[-1]
    found = trainer.evaluate(trainer.splits.validation)
    assert found["loss"] == pytest.approx(row["val_loss"], rel=1e-5)
    assert trainer.kept.sentence == f"epoch 5 of 5 is kept: {trainer.kept.why}"
    assert "keep=last" in trainer.kept.why


@pytest.mark.slow
def test_an_interrupted_run_keeps_the_same_epoch(tmp_path):
    whole = train(Run.create("whole", tmp_path), *wild(), resume=False)
    run = Run.create("broken", tmp_path)
    # Steps of an epoch are 10: within one, and at an end.
    for calls in (17, 20):
        with pytest.raises(Killed):
            train(run, *wild(checkpoint_seconds=0), resume=True, observers=[KillAfter(calls)])
    broken = train(run, *wild(), resume=True)
    assert broken.kept == whole.kept
    again = train(run, *wild(), resume=True)  # nothing is left to train
    for one, two, three in zip(
        *(t.model.get_weights() for t in (whole, broken, again)), strict=True
    ):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)


def test_a_kill_between_both_checkpoints_of_an_epoch_loses_nothing(tmp_path, monkeypatch):
    whole = train(Run.create("whole", tmp_path), *wild(), resume=False)
    usual, saved = Checkpoints._save, []

    def save(self, path, *args, **options):
        saved.append(path.name)
        # After the best checkpoint of the last epoch that is better, before its last one.
        if saved.count("best.npz") == improvements and path.name == "last.npz":
            raise Killed
        return usual(self, path, *args, **options)

    losses = [row["val_loss"] for row in whole.history.rows]
    improvements = sum(loss < min(losses[:i], default=np.inf) for i, loss in enumerate(losses))
    run = Run.create("broken", tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(Checkpoints, "_save", save)
        with pytest.raises(Killed):
            train(run, *wild(), resume=False)
    broken = train(run, *wild(), resume=True)
    assert broken.kept == whole.kept
    for one, other in zip(whole.model.get_weights(), broken.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("lost", ["no validation split", "no finite value", "damaged"])
def test_the_last_epoch_is_kept_where_there_is_no_best(lost, tmp_path):
    recipe, _ = wild()
    given = {"batch_size": 20, "epochs": 2, "learning_rate": 1e-3}
    monitor = "val_loss" if lost == "no validation split" else "val_accuracy"
    config = resolve(PAGE, recipe, monitor=monitor, **given)
    if lost == "no validation split":
        recipe = replace(recipe, data={"digits": type(recipe.data["digits"])(200, held=0)})
    run = Run.create("a", tmp_path)

    class Spoil(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if lost == "no finite value":
                logs["val_accuracy"] = float("nan")

        def on_train_end(self, logs=None):
            if lost == "damaged":
                (run.path / "checkpoints" / "best.npz").write_bytes(b"no archive")

    trainer = train(run, recipe, config, resume=False, observers=[Spoil()])
    assert trainer.kept.epoch == 2 and trainer.kept.monitor is None
    reasons = {
        "no validation split": "there is no validation split",
        "no finite value": "val_accuracy is finite in no epoch",
        "damaged": "damaged",
    }
    assert reasons[lost] in trainer.kept.sentence


def test_metrics_report_and_terminal_say_which_epoch_and_why(tmp_path, monkeypatch, capsys):
    from kerasrecipes.cli import main

    monkeypatch.setenv("KERASRECIPES_HOME", str(tmp_path))
    words = ["--optimizer", "sgd", "--learning-rate", "0.5", "--epochs", "4", "--batch-size", "20"]
    assert main(["run", PAGE, *words]) == 0
    (path,) = tmp_path.glob("pages/*")
    kept = json.loads((path / "metrics.json").read_text())["kept"]
    losses = [row["val_loss"] for row in Run(path).history]
    assert kept["epoch"] == int(np.argmin(losses)) + 1 and kept["monitor"] == "val_loss"
    sentence = kept["sentence"]
    assert sentence.startswith(f"epoch {kept['epoch']} of 4 is kept: its val_loss of ")
    assert sentence in " ".join(capsys.readouterr().out.split())
    assert sentence[1:] in (path / "report.html").read_text()


@pytest.mark.slow
def test_a_later_phase_that_is_worse_does_not_become_the_model(tmp_path):
    # At this rate the second phase spoils what the head has learned.
    said = {"freeze": "last_block", "fine_tuning_rate": 10.0, "optimizer": "sgd"}
    trainer = made(**said)
    trainer.fit(Run.create("a", tmp_path))
    losses = [row["val_loss"] for row in trainer.history.rows]
    best = int(np.argmin(losses))
    assert best < 2 < len(losses), losses
    assert trainer.kept.epoch == best + 1 and trainer.kept.epochs == len(losses)
    found = trainer.evaluate(trainer.splits.validation)["loss"]
    assert found == pytest.approx(losses[best], rel=1e-3)
    again = made(**said)
    again.fit(Run.create("b", tmp_path), resume=True)
    for one, other in zip(trainer.inner.get_weights(), again.inner.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_phases_with_different_monitors_are_not_compared():
    one = Kept(epoch=1, epochs=2, why="", monitor="val_loss", value=0.1)
    other = Kept(epoch=2, epochs=2, why="", monitor="val_accuracy", value=0.9)
    assert not better(one, other, maximize=True)
    assert better(one, Kept(epoch=2, epochs=2, why="", monitor="val_loss", value=0.2), False)
    assert not better(one, Kept(epoch=2, epochs=2, why=""), False)


@pytest.mark.parametrize(("patience", "keep"), [("none", "last"), (3, "best")])
def test_the_configuration_of_an_earlier_run_keeps_what_it_kept(patience, keep):
    recipe, config = start()
    written = {**config.values, "patience": patience}
    training = {k: v for k, v in written.items() if k in vars(config.training)}
    del training["keep"]
    assert api.resolve(PAGE, recipe, config={"training": training}).training.keep == keep
    # A file that somebody wrote by hand has the defaults of today.
    assert api.resolve(PAGE, recipe, config={"training": {"epochs": 3}}).training.keep == "best"
