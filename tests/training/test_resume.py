"""A training that was interrupted ends with the same bits as one that was not."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from kerasrecipes import api
from kerasrecipes.errors import Interrupted, UserError
from kerasrecipes.runs.finding import all_runs
from kerasrecipes.runs.run import Run
from kerasrecipes.training import checkpoints
from kerasrecipes.training.job import Job
from tests.training.interruptions import RUN_OF_LENET, KillAfter, Killed

PAGE = str(Path(__file__).with_name("pages.py"))

SETTINGS = {
    "cosine, moving average, early stopping, accumulated gradients": {
        "optimizer": "adamw",
        "schedule": "cosine",
        "warmup_epochs": 1,
        "ema": 0.9,
        "patience": 3,
        "accumulate": 2,
    },
    "plateau with warm-up, momentum, averaged weights": {
        "optimizer": "momentum",
        "schedule": "plateau",
        "warmup_epochs": 1,
        "swa": 0.5,
        "learning_rate": 0.05,
    },
    "clipping, several steps per call": {
        "optimizer": "lion",
        "learning_rate": 1e-3,
        "clip_norm": 1.0,
        "steps_per_execution": 5,
    },
}


def start(**said):
    """Make a job that checkpoints after every call of the device."""
    from kerasrecipes import registry

    recipe = registry.load(PAGE)
    config = api.resolve(PAGE, recipe, epochs=4, batch_size=20, checkpoint_seconds=0, **said)
    return recipe, config


def train(run, recipe, config, resume, observers=()):
    keras.utils.clear_session()
    job = Job(recipe, config)
    trainer = job.load()
    trainer.fit(run, observers, resume=resume)
    return trainer


def without_times(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * ("plateau" in name)) for name in SETTINGS],
)
def test_the_same_bits_after_interruptions_anywhere(name, tmp_path):
    recipe, config = start(**SETTINGS[name])
    whole = train(Run.create("whole", tmp_path), recipe, config, resume=False)
    run = Run.create("broken", tmp_path)
    per_epoch = whole.steps // whole.stride
    for calls in (1, per_epoch, per_epoch + 1):
        with pytest.raises(Killed):
            train(run, recipe, config, resume=True, observers=[KillAfter(calls)])
    broken = train(run, recipe, config, resume=True)
    for one, other in zip(
        checkpoints.read(whole.model), checkpoints.read(broken.model), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert without_times(broken.history.rows) == without_times(whole.history.rows)
    assert broken.kept == whole.kept
    assert len(run.history) == len(whole.history.rows)


def test_early_stopping_keeps_the_best_weights(tmp_path):
    recipe, config = start(patience=1, learning_rate=0.3, optimizer="sgd", monitor="val_accuracy")
    trainer = train(Run.create("a", tmp_path), recipe, config, resume=False)
    best = max(row["val_accuracy"] for row in trainer.history.rows)
    assert trainer.evaluate(trainer.splits.validation)["accuracy"] == pytest.approx(best)


def test_a_request_to_stop_saves_within_the_epoch(tmp_path):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 3:
                os.kill(os.getpid(), signal.SIGINT)

    recipe, config = start()
    run = Run.create("a", tmp_path)
    with pytest.raises(Interrupted):
        train(run, recipe, config, resume=False, observers=[Stop()])
    position = checkpoints.load_state(run.path / "checkpoints" / "last.npz")["position"]
    assert position["epoch"] == 0 and 3 <= position["batch"] <= 5


def test_other_data_is_not_resumed_into(tmp_path):
    recipe, config = start()
    run = Run.create("a", tmp_path)
    with pytest.raises(Killed):
        train(run, recipe, config, resume=False, observers=[KillAfter(3)])
    _, fewer = start(limit=100)
    with pytest.raises(UserError, match="training examples was 200 and is now 100"):
        train(run, recipe, fewer, resume=True)


def test_a_loss_that_is_no_number_stops_and_keeps_the_last_good_checkpoint(tmp_path):
    recipe, config = start(optimizer="sgd", learning_rate=1e30)
    run = Run.create("a", tmp_path)
    with pytest.raises(UserError, match=r"the loss became (nan|inf).*--clip-norm"):
        train(run, recipe, config, resume=False)
    last = run.path / "checkpoints" / "last.npz"
    if last.is_file():
        with np.load(last) as saved:
            assert all(np.isfinite(saved[name]).all() for name in saved.files if name != "state")


class Spoil(keras.callbacks.Callback):
    """Makes a weight of the generator no number at the beginning of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            weight = self.model.generator.trainable_weights[0]
            weight.assign(np.full(weight.shape, np.nan, "float32"))


@pytest.mark.slow  # half a minute on a busy machine
def test_a_game_whose_loss_is_no_number_keeps_its_last_good_state_and_goes_on_from_it(tmp_path):
    from kerasrecipes import registry

    recipe = registry.load("gan")
    sizes = {"limit": 64, "filters": 2, "latent": 2}
    config = api.resolve("gan", recipe, data="digits", epochs=3, **sizes)
    run = Run.create("gan", tmp_path)
    with pytest.raises(
        UserError, match=r"_loss became nan at step 1 of epoch 3.*last good"
    ) as told:
        train(run, recipe, config, resume=False, observers=[Spoil(2)])
    assert len(str(told.value)) <= 250 and "\n" not in str(told.value)
    with np.load(run.path / "checkpoints" / "last.npz") as saved:
        assert all(np.isfinite(saved[name]).all() for name in saved.files if name != "state")
    rows = train(run, recipe, config, resume=True).history.rows
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert np.isfinite([row["generator_loss"] for row in rows]).all()


def command(*words):
    return [sys.executable, "-m", "kerasrecipes", *words]


def kill_somewhere(process, run_folder, rng):
    """Wait for a first checkpoint, then a random while, and kill."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if list(run_folder.glob("*/checkpoints/last.npz")):
            time.sleep(rng.uniform(0, 1.5))
            break
        time.sleep(0.02)
    process.kill()
    process.wait()


@pytest.mark.slow  # .ci/run kills trainings by benchmarks.faults
@pytest.mark.parametrize("kills", [1, 6])
def test_a_process_killed_at_random_moments_ends_with_the_same_bits(kills, tmp_path):
    environment = {**os.environ, "KERASRECIPES_HOME": str(tmp_path)}
    rng = random.Random(kills)
    quiet = {"env": environment, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    first = subprocess.Popen(command(*RUN_OF_LENET), **quiet)
    kill_somewhere(first, tmp_path / "lenet", rng)
    for _ in range(kills - 1):
        again = subprocess.Popen(command("run", "lenet", "--resume"), **quiet)
        time.sleep(rng.uniform(4, 9))
        again.kill()
        again.wait()
    (broken,) = all_runs("lenet", tmp_path)
    if not broken.finished:
        subprocess.run(command("run", "lenet", "--resume"), check=True, **quiet)
    subprocess.run(command(*RUN_OF_LENET), check=True, **quiet)
    runs = all_runs("lenet", tmp_path)
    assert len(runs) == 2 and all(run.finished for run in runs)
    saved = [np.load(run.path / "checkpoints" / "last.npz") for run in runs]
    assert saved[0].files == saved[1].files
    for name in saved[0].files:
        if name != "state":
            np.testing.assert_array_equal(saved[0][name], saved[1][name])
    rows = [
        without_times(json.loads(str(archive["state"]))["callbacks"][0]["rows"])
        for archive in saved
    ]
    assert rows[0] == rows[1]
