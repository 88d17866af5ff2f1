"""A world of cells with walls, pits, ice, a key and a door, drawn by seed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

import numpy as np
from PIL import Image, ImageDraw

from kerasrecipes.environments.environment import Environment, Episodes, Moves, chance

STEPS = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])  # row and column, by action
FLOOR, WALL, PIT, ICE = range(4)
SHARES = {WALL: 0.16, PIT: 0.1, ICE: 0.16}  # of the cells
SLIP = 0.3  # chance that a step from ice goes to one of its two sides
MOVE, KEY, FALL, DOOR = -0.02, 0.5, -1.0, 1.0  # rewards
LIMIT = 60  # moves

_CELL = 24  # pixels
_COLOURS = {FLOOR: "#f4f1ea", WALL: "#3d4752", PIT: "#1b2733", ICE: "#bfe0f2"}


class GridWorld(Environment):
    """Fetch the key, then leave by the door, and keep out of the pits.

    A step costs 0.02, a pit 1 and the episode; the key is worth 0.5, and the door 1 to who has the
    key: to others it is closed. From ice three in ten steps go to a side. An episode begins on any
    cell of the floor and ends after 60 steps.

    An observation is two planes, uint8: where the agent is, and where the key lies, as long as it
    does.

    Args:
        map: `(size, size)`, what each cell is.
        key: index of the cell with the key.
        door: index of the cell with the door.
    """

    rule: ClassVar[str] = "straight to the key, then to the door"

    actions = ("up", "right", "down", "left")
    name = "gridworld"

    def __init__(self, map: np.ndarray, key: int, door: int):
        self.map, self.key, self.door = map, key, door
        self.size = len(map)
        self.shape = (self.size, self.size, 2)

    @classmethod
    def drawn(cls, size: int = 8, seed: int = 0) -> GridWorld:
        """Draw a world in which every start leads to the door.

        Args:
            size: rows and columns.
            seed: of the map.

        Returns:
            The first map that is drawn by the seed and can be solved.
        """
        random = np.random.default_rng(seed)
        while True:
            world = cls(*_drawn(size, random))
            if world.can_be_solved:
                return world

    def episodes(self, count: int) -> Walks:
        """Make so many slots in the same world."""
        return Walks(self, count)

    @property
    def cells(self) -> int:
        """Number of cells; a state is a cell, plus this number once the agent has the key."""
        return self.size**2

    @cached_property
    def starts(self) -> np.ndarray:
        """Indices of the cells where an episode may begin."""
        free = np.flatnonzero(self.map.ravel() == FLOOR)
        return free[(free != self.key) & (free != self.door)]

    @cached_property
    def outcomes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """What can come of each action: chances `(states, actions, 3)`, next states, rewards, and
        whether the episode ends.

        The three are the step itself, and those to its left and right.
        """
        states = np.arange(2 * self.cells)
        after = np.stack([self._after(states, action) for action in range(4)], axis=1)
        turned = [(np.arange(4) + turn) % 4 for turn in (0, 3, 1)]
        nexts = np.stack([after[:, turn] for turn in turned], axis=2)
        kinds = self.map.ravel()
        slippery = (kinds[states % self.cells] == ICE)[:, None, None]
        chances = np.where(slippery, [1 - SLIP, SLIP / 2, SLIP / 2], [1.0, 0.0, 0.0])
        cells, keyed = nexts % self.cells, nexts >= self.cells
        fell, left = self.falls[nexts], (cells == self.door) & keyed
        fetched = keyed & (states < self.cells)[:, None, None]
        rewards = MOVE + KEY * fetched + FALL * fell + DOOR * left
        return np.broadcast_to(chances, nexts.shape), nexts, rewards, fell | left

    @cached_property
    def falls(self) -> np.ndarray:
        """Whether a state is one in a pit, `(states,)`."""
        return np.tile(self.map.ravel() == PIT, 2)

    def _after(self, states: np.ndarray, action: int) -> np.ndarray:
        """Return the states after a step in one direction."""
        place, keyed = np.divmod(states % self.cells, self.size), states >= self.cells
        row, column = np.clip(np.stack(place) + STEPS[action][:, None], 0, self.size - 1)
        target = row * self.size + column
        kinds = self.map.ravel()
        closed = (kinds[target] == WALL) | ((target == self.door) & ~keyed)
        target = np.where(closed, states % self.cells, target)
        return target + self.cells * (keyed | (target == self.key))

    @property
    def can_be_solved(self) -> bool:
        """Whether most cells are starts, each of which leads to the door if ice is not slippery."""
        values = self.values(4 * self.cells, slips=False)
        starts = self.starts
        # Who cannot get there loses the price of every move.
        return len(starts) > self.cells // 3 and bool((values[starts] > 0).all())

    def values(self, moves: int, *, slips: bool = True) -> np.ndarray:
        """Compute the largest expected return from each state, by dynamic programming.

        Args:
            moves: that are left.
            slips: whether ice is slippery.

        Returns:
            `(states,)`.
        """
        chances, nexts, rewards, ends = self.outcomes
        if not slips:
            nexts, rewards, ends = nexts[..., :1], rewards[..., :1], ends[..., :1]
            chances = np.ones_like(rewards)
        values = np.zeros(2 * self.cells)
        for _ in range(moves):
            values = (chances * (rewards + ~ends * values[nexts])).sum(axis=2).max(axis=1)
        return values

    def best_return(self) -> float:
        """Return the largest mean return, over all cells where an episode may begin."""
        return float(self.values(LIMIT)[self.starts].mean())

    def seen(self, states: np.ndarray) -> np.ndarray:
        """Return what an agent sees in states, `(states, size, size, 2)` uint8."""
        found = np.zeros((len(states), self.cells, 2), np.uint8)
        found[np.arange(len(states)), states % self.cells, 0] = 1
        found[states < self.cells, self.key, 1] = 1
        return found.reshape(len(states), *self.shape)

    def picture(self, state: int) -> np.ndarray:
        """Draw the world with the agent in it, `(height, width, 3)` uint8."""
        image = Image.new("RGB", (_CELL * self.size, _CELL * self.size))
        draw = ImageDraw.Draw(image)
        for cell, kind in enumerate(self.map.ravel()):
            x, y = self._corner(cell)
            draw.rectangle((x, y, x + _CELL - 1, y + _CELL - 1), _COLOURS[int(kind)], "#dde3e9")
            if kind == PIT:
                draw.line((x + 6, y + 6, x + 17, y + 17), "#e0584b", 3)
                draw.line((x + 6, y + 17, x + 17, y + 6), "#e0584b", 3)
        x, y = self._corner(self.door)
        draw.rectangle((x + 6, y + 3, x + _CELL - 7, y + _CELL - 2), "#00876a")
        if state < self.cells:
            x, y = self._corner(self.key)
            draw.ellipse((x + 4, y + 8, x + 12, y + 16), outline="#b8860b", width=3)
            draw.line((x + 12, y + 12, x + 20, y + 12, x + 20, y + 16), "#b8860b", 3)
        x, y = self._corner(state % self.cells)
        colour = "#d1590b" if state < self.cells else "#b8860b"
        draw.ellipse((x + 4, y + 4, x + _CELL - 5, y + _CELL - 5), colour, "#ffffff")
        return np.asarray(image)

    def _corner(self, cell: int) -> tuple[int, int]:
        row, column = divmod(int(cell), self.size)
        return _CELL * column, _CELL * row


def _drawn(size: int, random: np.random.Generator) -> tuple[np.ndarray, int, int]:
    """Draw a map, with the cells of key and door on its floor."""
    kinds, shares = [*SHARES], [*SHARES.values()]
    cells = random.choice([FLOOR, *kinds], (size, size), p=[1 - sum(shares), *shares])
    # Far from each other, or there would be no way to learn.
    key, door = int(random.integers(0, size)), size * size - 1 - int(random.integers(0, size))
    cells.ravel()[[key, door]] = FLOOR
    return cells, key, door


class Walks(Episodes):
    """Walks through one world.

    Args:
        world: where they are.
        count: number of walks.

    Attributes:
        states: `(walks,)`, index of the cell, plus the number of cells once the agent has the key.
    """

    def __init__(self, world: GridWorld, count: int):
        super().__init__(count)
        self.world, self.states = world, np.zeros(count, np.int64)

    def _begin(self, slots: np.ndarray) -> None:
        starts = self.world.starts
        self.states[slots] = starts[(chance(self.seeds[slots], 0) * len(starts)).astype(np.int64)]

    def observe(self, slots: np.ndarray) -> np.ndarray:
        """Return the planes that the agent sees, `(slots, size, size, 2)` uint8."""
        return self.world.seen(self.states[slots])

    def step(self, slots: np.ndarray, actions: np.ndarray) -> Moves:
        """Take a step in each of some walks."""
        self.elapsed[slots] += 1
        chances, nexts, rewards, ends = self.world.outcomes
        at = self.states[slots], actions
        drawn = chance(self.seeds[slots], self.elapsed[slots])[:, None]
        which = (drawn >= np.cumsum(chances[at], axis=1)[:, :2]).sum(axis=1)
        self.states[slots] = nexts[(*at, which)]
        ended = ends[(*at, which)]
        late = (self.elapsed[slots] >= LIMIT) & ~ended
        return Moves(rewards[(*at, which)].astype(np.float32), ended, late)

    def rule(self, slots: np.ndarray) -> np.ndarray:
        """Go to where the key or the door lies, and into no wall and no pit."""
        world, states = self.world, self.states[slots]
        goal = np.where(states < world.cells, world.key, world.door)
        here = np.stack(np.divmod(states % world.cells, world.size), axis=1)
        way = np.stack(np.divmod(goal, world.size), axis=1) - here
        wanted = way @ STEPS.T  # how far each step leads towards it
        next_states = world.outcomes[1][states, :, 0]
        bad = (next_states == states[:, None]) | world.falls[next_states]
        return np.where(bad, -world.cells, wanted).argmax(axis=1)

    def picture(self, slot: int) -> np.ndarray:
        """Draw the world with the agent in it."""
        return self.world.picture(int(self.states[slot]))

    def state(self) -> dict[str, np.ndarray]:
        """Return the agents' states, with the seeds and steps of their walks."""
        return {"seeds": self.seeds, "elapsed": self.elapsed, "states": self.states}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from these states."""
        self.seeds, self.elapsed = arrays["seeds"], arrays["elapsed"]
        self.states = arrays["states"]
