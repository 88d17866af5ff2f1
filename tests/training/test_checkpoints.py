"""A damaged checkpoint is found, whatever the damage, and the one before it is taken."""

import random

import keras
import numpy as np
import pytest

import kerasrecipes
from kerasrecipes.errors import Notice, UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.training import checkpoints

QUICK = {"limit": 96, "epochs": 3, "batch_size": 32, "hidden_layers": (8,), "observers": ()}


def values(seed=0):
    draw = np.random.default_rng(seed)
    return [draw.normal(size=shape).astype("float32") for shape in [(4, 3), (3,), ()]]


def damaged(content, draw):
    """One way in which a disk, a copy or an editor spoils a file."""
    kind, place = draw.randrange(6), draw.randrange(len(content))
    if kind == 0:
        return content[:place]
    if kind == 1:
        return content[:place] + content[place + 1 + draw.randrange(50) :]
    if kind == 2:
        return content[:place] + draw.randbytes(1 + draw.randrange(50)) + content[place:]
    if kind == 3:
        return b"\x00" * len(content)
    if kind == 4:
        return draw.randbytes(draw.randrange(200))
    changed = bytearray(content)
    changed[place] ^= 1 << draw.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_damage_it_is_one_line_or_the_same_state(seed, tmp_path):
    path, draw = tmp_path / "last.npz", random.Random(seed)
    state = {"position": {"epoch": 2, "batch": 1}, "best": 0.25}
    checkpoints.save(path, values(), state)
    whole = path.read_bytes()
    assert checkpoints.load_state(path) == state
    told = 0
    for _ in range(150):
        content = damaged(whole, draw)
        path.write_bytes(content)
        try:
            found, arrays = checkpoints._load(path)
        except UserError as error:
            told += 1
            assert str(path) in str(error) and "\n" not in str(error)
            continue
        # Nothing but the seal itself can be spoilt without a loss.
        assert found == state
        for one, other in zip(arrays, values(), strict=True):
            np.testing.assert_array_equal(one, other)
    assert told > 100


@pytest.mark.parametrize("seed", range(2))
def test_a_damaged_checkpoint_of_an_earlier_version_is_one_line(seed, tmp_path):
    path, draw = tmp_path / "last.npz", random.Random(seed)
    arrays = {f"v{number:05d}": value for number, value in enumerate(values())}
    np.savez(path, state=np.array('{"position": {}}'), **arrays)
    whole = path.read_bytes()
    assert checkpoints.load_state(path) == {"position": {}}
    for _ in range(150):
        path.write_bytes(damaged(whole, draw))
        try:
            checkpoints._load(path)
        except UserError as error:
            assert str(path) in str(error) and "\n" not in str(error)


def test_the_checkpoint_before_the_last_is_kept_and_taken(tmp_path):
    path = tmp_path / "last.npz"
    for number in range(3):
        checkpoints.save(path, values(number), {"number": number}, keep=True)
    assert checkpoints.newest(path) == (path, {"number": 2}, None)
    content = path.read_bytes()
    path.write_bytes(content[:-100])
    found, state, problem = checkpoints.newest(path)
    assert (found, state) == (checkpoints.previous_of(path), {"number": 1})
    assert str(path) in problem
    path.unlink()  # as a process leaves it that is killed between both renames
    assert checkpoints.newest(path)[1:] == ({"number": 1}, None)
    path.write_bytes(b"")
    found.write_bytes(b"")
    with pytest.raises(UserError, match="no intact one before it"):
        checkpoints.newest(path)


def weights(run):
    return [np.asarray(array) for array in run.model.get_weights()]


def test_a_resumed_training_says_that_it_went_back_and_ends_the_same():
    keras.utils.clear_session()
    whole = kerasrecipes.run("mlp", **QUICK)
    broken = kerasrecipes.run("mlp", **QUICK)
    (broken.path / "metrics.json").write_text("")  # as if it had ended in evaluation
    last = broken.path / "checkpoints" / "last.npz"
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(bytes(content))
    with pytest.warns(Notice, match=r"last\.npz is damaged.*went on from the one before it"):
        again = kerasrecipes.resume(Run(broken.path), observers=())
    for one, other in zip(weights(whole), weights(again), strict=True):
        np.testing.assert_array_equal(one, other)
    assert any("the one before it" in note for note in again.metrics["notes"])
