import numpy as np
import pytest

from kerasrecipes.environments.cart_pole import CartPole
from kerasrecipes.environments.environment import chance, film, play, random_policy
from kerasrecipes.environments.gridworld import GridWorld

WORLDS = {"cart_pole": CartPole(), "gridworld": GridWorld.drawn(seed=5)}


@pytest.fixture(params=sorted(WORLDS))
def world(request):
    return WORLDS[request.param]


def test_chance_is_even_and_the_same_for_the_same_input():
    seeds = np.arange(20_000, dtype=np.uint64)
    draws = np.stack([chance(seeds, number) for number in range(3)])
    np.testing.assert_array_equal(draws[1], chance(seeds, 1))
    assert draws.min() >= 0 and draws.max() < 1
    # Five standard deviations of a mean and of a correlation.
    assert np.abs(draws.mean(axis=1) - 0.5).max() < 5 * 0.2887 / np.sqrt(20_000)
    others = [(draws[0], draws[1]), (draws[0][:-1], draws[0][1:]), (draws[1], draws[2])]
    assert max(abs(np.corrcoef(a, b)[0, 1]) for a, b in others) < 5 / np.sqrt(20_000)


def test_an_episode_depends_on_its_seed_and_its_actions_alone(world):
    actions = np.random.default_rng(0).integers(0, len(world.actions), (200, 6))

    def trace(slots):
        episodes, found = world.episodes(len(slots)), []
        episodes.begin(np.arange(len(slots)), np.array([7, 8, 9, 10, 11, 12], np.uint64)[slots])
        here = np.arange(len(slots))
        for row in actions:
            moves = episodes.step(here, row[slots][here])
            found.append(dict(zip(slots[here].tolist(), moves.rewards.tolist(), strict=True)))
            here = here[~moves.ended]
        return found

    whole, part = trace(np.arange(6)), trace(np.array([4, 1]))
    for one, other in zip(whole, part, strict=True):
        assert other == {slot: reward for slot, reward in one.items() if slot in (1, 4)}


def test_episodes_go_on_from_their_state(world):
    slots, random = np.arange(5), np.random.default_rng(1)
    whole = world.episodes(5)
    whole.begin(slots, slots.astype(np.uint64))
    for _ in range(4):
        whole.step(slots, random.integers(0, len(world.actions), 5))
    other = world.episodes(5)
    other.restore({name: value.copy() for name, value in whole.state().items()})
    actions = random.integers(0, len(world.actions), 5)
    for one, more in zip(whole.step(slots, actions), other.step(slots, actions), strict=True):
        np.testing.assert_array_equal(one, more)
    np.testing.assert_array_equal(whole.observe(slots), other.observe(slots))


def test_every_episode_is_played_to_its_end(world):
    ends = {}

    def watch(slots, seen, actions, moves):
        assert seen.shape == (len(slots), *world.shape)
        ends.update(dict.fromkeys(slots[moves.ended].tolist(), 1))

    played = play(world, random_policy(len(world.actions), 0), range(30), watch)
    assert sorted(ends) == list(range(30)) and (played.lengths > 0).all()
    again = play(world, random_policy(len(world.actions), 0), range(30))
    np.testing.assert_array_equal(played.returns, again.returns)


def test_a_film_has_a_picture_before_and_after_each_move(world):
    policy = random_policy(len(world.actions), 0)
    frames, total = film(world, policy, 3)
    assert all(f.dtype == np.uint8 and f.shape == frames[0].shape for f in frames)
    played = play(world, random_policy(len(world.actions), 0), [3])
    assert len(frames) == played.lengths[0] + 1 and total == pytest.approx(played.returns[0])
    assert (frames[0] != frames[-1]).any()
