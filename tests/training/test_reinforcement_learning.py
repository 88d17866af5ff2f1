import keras
import numpy as np
import pytest

from kerasrecipes import api, registry
from kerasrecipes.errors import UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.training import checkpoints
from kerasrecipes.training.job import Job
from tests.training.interruptions import KillAfter, Killed

SMALL = {
    "epochs": 2,
    "batch_size": 16,
    "units": 16,
    "steps_per_epoch": 3,
    "moves_per_step": 8,
    "updates_per_step": 6,
    "environments": 4,
    "learning_starts": 40,
    "capacity": 120,
    "validation_episodes": 3,
    "checkpoint_seconds": 0,
}


def train(run, *observers, **given):
    keras.utils.clear_session()
    recipe = registry.load("agent")
    job = Job(recipe, api.resolve("agent", recipe, **{**SMALL, **given}))
    trainer = job.load()
    trainer.fit(run, observers, resume=True)
    return trainer


@pytest.mark.parametrize(
    "given",
    [
        {"data": "cart_pole", "duelling": False, "double": False},
        pytest.param({}, marks=pytest.mark.slow),
    ],
    ids=["cart_pole", "gridworld"],
)
def test_the_same_bits_after_an_interruption_in_mid_episode(given, tmp_path):
    whole = train(Run.create("whole", tmp_path), **given)
    run = Run.create("broken", tmp_path)
    with pytest.raises(Killed):
        train(run, KillAfter(5), **given)
    broken = train(run, **given)
    states = [checkpoints.read(trainer.model) for trainer in (whole, broken)]
    for one, other in zip(*states, strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole.kept_state.keys() == broken.kept_state.keys()
    for name, value in whole.kept_state.items():
        np.testing.assert_array_equal(value, broken.kept_state[name], err_msg=name)
    rows = [[{**row, "seconds": 0} for row in t.rows] for t in (whole, broken)]
    assert rows[0] == rows[1]


def test_replay_and_target_network_stand_in_the_checkpoint(tmp_path):
    run = Run.create("a", tmp_path)
    trainer = train(run, target_steps=4)
    with np.load(run.path / "checkpoints" / "last.npz") as file:
        names = set(file.files)
        target = file["own:target_000"]
    assert {"own:replay_seen", "own:replay_priorities", "own:episodes_states"} <= names
    # Renewed after the fourth of six steps, and the network went on to learn.
    assert (target != checkpoints.read(trainer.model)[0]).any()


def test_a_schedule_counts_every_gradient_step(tmp_path):
    trainer = train(Run.create("a", tmp_path), schedule="cosine", epochs=3, learning_starts=1)
    assert trainer.optimizer_steps == 18
    last = trainer.rows[-1]["learning_rate"]
    assert last < 0.1 * trainer.training.learning_rate


def test_all_examples_at_once_are_refused(tmp_path):
    with pytest.raises(UserError, match="batch-size takes a number"):
        train(Run.create("a", tmp_path), batch_size="all")


@pytest.mark.slow
def test_it_learns_to_balance(tmp_path):
    given = {"environments": 16, "moves_per_step": 50, "updates_per_step": 50, "units": 64}
    given |= {"steps_per_epoch": 10, "epochs": 6, "capacity": 20_000, "batch_size": 64}
    trainer = train(Run.create("a", tmp_path), data="cart_pole", checkpoint_seconds=60, **given)
    assert max(row["mean_return"] for row in trainer.rows) > 150
