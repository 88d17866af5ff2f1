import numpy as np
import pytest

from kerasrecipes.data.replay import Replay


def filled(rows, episodes=2, capacity=100, ended=(), terminated=(), **options):
    """A replay whose observation is the number of the row, and its reward 1 more."""
    replay = Replay({}, capacity=capacity, **options)
    for row in range(rows):
        replay.add(
            seen=np.full((episodes, 3), row, np.int32),
            actions=np.arange(episodes, dtype=np.int32),
            rewards=np.full(episodes, row + 1, np.float32),
            after=np.full((episodes, 3), row + 1, np.int32),
            terminated=np.full(episodes, row in terminated),
            ended=np.full(episodes, row in (*ended, *terminated)),
        )
    return replay


def at(row, episode=0):
    return np.array([[row], [episode], [1.0]])


def test_rewards_of_several_moves_are_discounted():
    found = filled(6, moves=3, discount=0.5).transitions(at(1, 1))
    assert found.rewards[0] == 2 + 0.5 * 3 + 0.25 * 4
    assert found.seen[0, 0] == 1 and found.after[0, 0] == 4 and found.actions[0] == 1
    assert found.discounts[0] == 0.125


def test_an_end_cuts_it_short_and_counts_nothing_beyond():
    found = filled(6, moves=3, discount=0.5, terminated=[2]).transitions(at(1))
    assert found.rewards[0] == 2 + 0.5 * 3 and found.discounts[0] == 0


def test_time_that_ran_out_cuts_it_short_but_what_would_come_counts():
    found = filled(6, moves=3, discount=0.5, ended=[2]).transitions(at(1))
    assert found.rewards[0] == 2 + 0.5 * 3 and found.discounts[0] == 0.25
    assert found.after[0, 0] == 3


@pytest.mark.parametrize("exponent", [0.0, 0.6])
@pytest.mark.parametrize("rows", [5, 10, 23, 700])
def test_only_rows_whose_later_moves_are_known_are_drawn(rows, exponent):
    replay = filled(rows, capacity=300, moves=3, exponent=exponent)
    drawn = replay.draw(4000, np.random.default_rng(0), 1.0)
    seen = replay.state["replay_rewards"][drawn[0].astype(int), drawn[1].astype(int)] - 1
    first = max(0, rows - 300)
    assert set(np.unique(seen)) <= set(range(first, rows - 2))
    assert len(np.unique(seen)) > 0.9 * len(replay) and {0, 1} == set(np.unique(drawn[1]))


def test_large_errors_are_drawn_more_often_and_weigh_less():
    replay = filled(50, exponent=1.0)
    every = np.stack([np.repeat(np.arange(50), 2), np.tile([0, 1], 50), np.ones(100)])
    errors = np.full(100, 0.1)
    errors[20] = -9.9  # the size counts
    replay.set_errors(every, errors)
    drawn = replay.draw(2000, np.random.default_rng(0), 1.0)
    often = (drawn[0] == 10) & (drawn[1] == 0)
    assert often.mean() == pytest.approx(0.5, abs=0.02)
    assert drawn[2].max() == 1 and drawn[2][often].max() == pytest.approx(0.01, rel=0.05)
    replay.draw(10, np.random.default_rng(0), 0.0)


def test_what_is_new_is_drawn_soon():
    replay = filled(50, exponent=1.0)
    every = np.stack([np.repeat(np.arange(50), 2), np.tile([0, 1], 50), np.ones(100)])
    replay.set_errors(every, np.full(100, 1e-3))
    replay.state["replay_priorities"][7, 0] = 5
    row = {n: replay.state[f"replay_{n}"][:1].repeat(1, 0)[0] for n in ("seen", "actions")}
    row |= {n: replay.state[f"replay_{n}"][0] for n in ("rewards", "after", "terminated", "ended")}
    replay.add(**row)
    assert replay.state["replay_priorities"][50].tolist() == [5, 5]


def test_it_grows_and_then_overwrites_the_oldest():
    replay = filled(1000, capacity=600)
    assert replay.state["replay_seen"].shape == (600, 2, 3) and replay.rows == 1000
    assert replay.state["replay_rewards"].min() == 401
    assert len(filled(3).state["replay_seen"]) < 600  # a checkpoint need not hold what is empty


def test_it_goes_on_from_its_arrays():
    whole = filled(30)
    other = Replay({k: np.copy(v) for k, v in whole.state.items()}, capacity=100)
    for replay in (whole, other):
        drawn = replay.draw(8, np.random.default_rng(3), 1.0)
        replay.found = replay.transitions(drawn)
    for one, more in zip(whole.found, other.found, strict=True):
        np.testing.assert_array_equal(one, more)
