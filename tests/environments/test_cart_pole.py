import numpy as np
import pytest

from kerasrecipes.environments.cart_pole import LIMIT, CartPole
from kerasrecipes.environments.environment import play

SLOT = np.arange(1)


def balanced(state):
    episodes = CartPole().episodes(1)
    episodes.begin(SLOT, np.zeros(1, np.uint64))
    episodes.states[0] = state
    return episodes


def test_a_push_moves_the_cart_and_turns_the_pole_the_other_way():
    episodes = balanced([0, 0, 0, 0])
    episodes.step(SLOT, np.array([1]))
    place, speed, angle, turning = episodes.states[0]
    assert place == 0 and angle == 0 and speed > 0 > turning
    mirrored = balanced([0, 0, 0, 0])
    mirrored.step(SLOT, np.array([0]))
    np.testing.assert_allclose(mirrored.states[0], [0, -speed, 0, -turning])


def test_a_fall_ends_an_episode_and_the_last_move_truncates_it():
    fallen = balanced([0, 0, 0.2, 3]).step(SLOT, np.array([0]))
    assert fallen.terminated[0] and not fallen.truncated[0]
    played = play(CartPole(), None, range(5))
    assert (played.lengths == LIMIT).all()
    late = balanced([0, 0, 0, 0])
    late.elapsed[0] = LIMIT - 1
    moves = late.step(SLOT, np.array([0]))
    assert moves.truncated[0] and not moves.terminated[0]


def test_its_equations_are_those_of_gymnasium():
    classic = pytest.importorskip("gymnasium.envs.classic_control.cartpole", reason="no gymnasium")
    random = np.random.default_rng(0)
    theirs = classic.CartPoleEnv()
    theirs.reset(seed=0)
    for state in random.uniform(-0.15, 0.15, (50, 4)):
        for action in (0, 1):
            theirs.state, theirs.steps_beyond_terminated = tuple(state), None
            seen = theirs.step(action)[0]
            ours = balanced(state)
            ours.step(SLOT, np.array([action]))
            np.testing.assert_allclose(ours.observe(SLOT)[0], seen, rtol=1e-5, atol=1e-6)
