import numpy as np
import pytest

from kerasrecipes.environments import gridworld
from kerasrecipes.environments.environment import play, random_policy
from kerasrecipes.environments.gridworld import FLOOR, ICE, PIT, WALL, GridWorld

SLOT = np.arange(1)
UP, RIGHT, DOWN, LEFT = range(4)


def world(rows, key, door):
    letters = {".": FLOOR, "#": WALL, "o": PIT, "~": ICE}
    return GridWorld(np.array([[letters[c] for c in row] for row in rows]), key, door)


def walk(place, start, actions):
    episodes = place.episodes(1)
    episodes.begin(SLOT, np.zeros(1, np.uint64))
    episodes.states[0] = start
    moves = [episodes.step(SLOT, np.array([action])) for action in actions]
    return episodes, moves


def test_the_key_opens_the_door():
    place = world(["...", ".#.", "..."], key=2, door=8)
    episodes, moves = walk(place, 0, [RIGHT, RIGHT, DOWN, DOWN])
    total = sum(float(move.rewards[0]) for move in moves)
    assert total == pytest.approx(4 * -0.02 + 0.5 + 1)
    assert [bool(move.terminated[0]) for move in moves] == [False, False, False, True]
    # Without it the door is a wall.
    episodes, moves = walk(place, 7, [RIGHT, UP])
    assert episodes.states[0] == 7 and not moves[-1].ended[0]


def test_a_pit_ends_the_walk_and_edges_and_walls_do_not():
    place = world(["..o", ".#.", "..."], key=3, door=8)
    episodes, moves = walk(place, 0, [UP, LEFT, RIGHT, DOWN])
    assert episodes.states[0] == 1 and not any(move.ended[0] for move in moves)
    _, moves = walk(place, 1, [RIGHT])
    assert moves[0].terminated[0] and moves[0].rewards[0] == pytest.approx(-1.02)


def test_from_ice_three_in_ten_steps_go_to_a_side():
    place = world([".....", "..~..", ".....", ".....", "....."], key=24, door=20)
    episodes = place.episodes(5000)
    slots = np.arange(5000)
    episodes.begin(slots, slots.astype(np.uint64))
    episodes.states[:] = 7
    episodes.step(slots, np.full(5000, RIGHT))
    shares = {cell: float((episodes.states == cell).mean()) for cell in (8, 2, 12)}
    assert sum(shares.values()) == 1
    assert shares[8] == pytest.approx(0.7, abs=0.04) and shares[2] == pytest.approx(0.15, abs=0.03)


def test_time_runs_out_without_an_end():
    place = world(["...", ".#.", "..."], key=2, door=8)
    _, moves = walk(place, 0, [UP] * gridworld.LIMIT)
    assert moves[-1].truncated[0] and not moves[-1].terminated[0] and not moves[-2].ended[0]


def test_no_agent_passes_the_best_return_and_that_of_its_actions_reaches_it():
    for seed in range(3):
        place = GridWorld.drawn(seed=seed)
        chances, nexts, rewards, ends = place.outcomes
        values = place.values(200)
        best = (chances * (rewards + ~ends * values[nexts])).sum(axis=2).argmax(axis=1)

        def policy(seen, best=best, place=place):
            cells = seen[..., 0].reshape(len(seen), -1).argmax(axis=1)
            return best[cells + place.cells * (seen[..., 1].sum(axis=(1, 2)) == 0)]

        reached = play(place, policy, range(2000)).returns
        error = 4 * reached.std() / np.sqrt(2000)
        assert reached.mean() == pytest.approx(place.best_return(), abs=error + 0.02)
        for other in (None, random_policy(4, 0)):
            assert play(place, other, range(300)).returns.mean() < place.best_return() - 0.05


def test_maps_are_drawn_by_seed_and_can_be_solved():
    maps = [GridWorld.drawn(seed=seed) for seed in (0, 0, 1, 2)]
    np.testing.assert_array_equal(maps[0].map, maps[1].map)
    assert (maps[1].map != maps[2].map).any()
    for place in maps:
        assert (place.values(400, slips=False)[place.starts] > 0).all()
        assert {WALL, PIT, ICE} <= set(place.map.ravel().tolist())


def test_a_world_whose_key_cannot_be_reached_is_not_solvable():
    assert not world(["..#.", "..#.", "..##", "...."], key=3, door=15).can_be_solved


def test_an_agent_sees_where_it_is_and_where_the_key_lies():
    place = world(["...", ".#.", "..."], key=2, door=8)
    seen = place.seen(np.array([5, 5 + place.cells]))
    assert seen.shape == (2, 3, 3, 2) and seen[0, 1, 2, 0] == 1 and seen[0, 0, 2, 1] == 1
    assert seen[..., 0].sum() == 2 and seen[1, ..., 1].sum() == 0
