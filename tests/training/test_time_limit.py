"""A limit of the training time is kept by whole epochs, also by a resumed run and by phases."""

import keras
import pytest

from kerasrecipes.runs.config import resolve
from kerasrecipes.runs.run import Run
from kerasrecipes.training import callbacks, checkpoints
from kerasrecipes.training.time_limit import is_up, spelled
from tests.training.interruptions import KillAfter, Killed
from tests.training.test_resume import PAGE, start, train
from tests.training.transfers import made


@pytest.fixture
def clock(monkeypatch):
    """A clock by which every epoch takes ten seconds."""
    usual = callbacks.History.on_epoch_end

    def on_epoch_end(self, epoch, logs=None):
        usual(self, epoch, logs)
        self.rows[-1]["seconds"] = 10.0

    monkeypatch.setattr(callbacks.History, "on_epoch_end", on_epoch_end)


@pytest.mark.parametrize(("limit", "epochs"), [("1s", 1), ("10s", 1), ("25s", 2), ("1m", 6)])
def test_the_epochs_that_fit_are_trained(limit, epochs, clock, tmp_path):
    recipe, _ = start()
    config = resolve(PAGE, recipe, epochs=8, batch_size=100, time=limit, schedule="cosine")
    trainer = train(Run.create("a", tmp_path), recipe, config, resume=False)
    assert len(trainer.history.rows) == epochs
    (note,) = [note for note in trainer.notes if "time limit" in note]
    assert f"the time limit of {limit} ended the training after epoch {epochs} of 8" in note
    assert "the cosine schedule" in note
    state = checkpoints.load_state(trainer.checkpoints.last)
    assert state["position"] == {"epoch": epochs, "batch": 0, "finished": True}


def test_a_resumed_run_counts_the_time_before(clock, tmp_path):
    recipe, _ = start()
    config = resolve(PAGE, recipe, epochs=8, batch_size=20, time="35s", checkpoint_seconds=0)
    run = Run.create("a", tmp_path)
    with pytest.raises(Killed):
        train(run, recipe, config, resume=False, observers=[KillAfter(25)])
    assert len(train(run, recipe, config, resume=True).history.rows) == 3


def test_no_further_phase_begins_when_the_time_is_up(clock, tmp_path):
    trainer = made(freeze="last_block", time="20s")
    trainer.fit(Run.create("a", tmp_path))
    assert len(trainer.history.rows) == 2 and trainer.last.phase == "head"
    assert any("after epoch 2 of 4" in note for note in trainer.notes)
    assert set(trainer.evaluate(trainer.splits.test)) >= {"loss", "accuracy"}


def test_without_a_limit_nothing_is_up():
    assert not is_up(None, [{"seconds": 1e9}]) and not is_up(1.0, [])


@pytest.mark.parametrize("text", ["90s", "20m", "1h30m", "2h", "1h5s", "0.5s"])
def test_a_duration_is_spelled_as_it_is_typed(text):
    seconds = resolve(PAGE, start()[0], time=text).training.time
    again = resolve(PAGE, start()[0], time=spelled(seconds)).training.time
    assert seconds == again and keras.tree.is_nested(seconds) is False
