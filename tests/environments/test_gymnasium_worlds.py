import importlib.util

import numpy as np
import pytest

from kerasrecipes.environments import gymnasium_worlds
from kerasrecipes.environments.environment import play, random_policy
from kerasrecipes.environments.gymnasium_worlds import NAME, GymnasiumWorld
from kerasrecipes.errors import UserError

SLOTS = np.arange(3)
needs_gymnasium = pytest.mark.skipif(
    importlib.util.find_spec("gymnasium") is None, reason="gymnasium is not installed"
)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("CartPole-v1", True),
        ("ALE/Pong-v5", True),
        ("my_module:ns/World-v0", True),
        ("gridworld", False),
        ("rows.csv", False),
        ("a b-v1", False),
        ("CartPole-v", False),
    ],
)
def test_names_of_environments_are_known_by_their_form(text, is_one):
    assert (NAME.fullmatch(text) is not None) == is_one


def test_without_gymnasium_one_line_names_the_extra(monkeypatch):
    monkeypatch.setattr(gymnasium_worlds, "installed", lambda: False)
    with pytest.raises(UserError, match=r"kerasrecipes\[gym\]") as caught:
        GymnasiumWorld("CartPole-v1")
    assert "\n" not in str(caught.value)


@needs_gymnasium
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("CartPole-v99", "did you mean 'CartPole-v1'"),
        ("NoSuchWorld-v0", "unknown environment"),
        ("Pendulum-v1", "few actions"),
        ("Blackjack-v1", "sees numbers"),
        ("nowhere_at_all:World-v0", "cannot be made"),
    ],
)
def test_what_no_agent_can_act_in_is_refused_in_a_line(name, said):
    with pytest.raises(UserError, match=said) as caught:
        GymnasiumWorld(name)
    assert "\n" not in str(caught.value)


@needs_gymnasium
@pytest.mark.parametrize("name", ["CartPole-v1", "Acrobot-v1", "FrozenLake-v1"])
def test_a_world_is_acted_in_and_goes_on_from_its_state(name):
    world, random = GymnasiumWorld(name), np.random.default_rng(0)
    whole = world.episodes(3)
    whole.begin(SLOTS, np.array([5, 6, 2**40], np.uint64))
    going = SLOTS
    for _ in range(4):
        moves = whole.step(going, random.integers(0, len(world.actions), len(going)))
        going = going[~moves.ended]
    other = world.episodes(3)
    other.restore(whole.state())
    np.testing.assert_array_equal(whole.observe(SLOTS), other.observe(SLOTS))
    actions = random.integers(0, len(world.actions), len(going))
    for one, more in zip(whole.step(going, actions), other.step(going, actions), strict=True):
        np.testing.assert_array_equal(one, more)
    assert whole.observe(SLOTS).shape == (3, *world.shape)


@needs_gymnasium
def test_time_that_runs_out_is_told_from_an_end():
    found = []
    world = GymnasiumWorld("Acrobot-v1")
    watch = lambda slots, seen, actions, moves: found.append(moves)  # noqa: E731
    played = play(world, lambda seen: np.ones(len(seen), np.int64), range(2), watch)
    assert (played.lengths == 500).all() and found[-1].truncated.all()
    assert not any(moves.terminated.any() for moves in found)
    assert play(world, random_policy(3, 0), [1]).returns[0] >= -500
