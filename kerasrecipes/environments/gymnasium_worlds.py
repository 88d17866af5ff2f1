"""Environments of gymnasium by name, such as `CartPole-v1`."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasrecipes.environments.environment import Environment, Episodes, Moves
from kerasrecipes.errors import UserError, unknown

INSTALL = "pip install 'kerasrecipes[gym]'"
# The names of gymnasium's environments: a module or a namespace may stand before, `-v1` behind.
NAME = re.compile(r"([\w.]+:)?([\w.-]+/)?[\w.-]+-v\d+")
_SEEDS = np.uint64(2**31)  # gymnasium takes no larger ones
_MOST_ACTIONS = 1000  # of which each has an output of the network


def installed() -> bool:
    """Return whether gymnasium is installed, without loading it."""
    return importlib.util.find_spec("gymnasium") is not None


class GymnasiumWorld(Environment):
    """An environment of gymnasium with a few actions.

    An observation of several numbers is taken as it is, one of a few cases as one-hot.

    Args:
        name: as it is registered, such as `CartPole-v1`.

    Raises:
        UserError: if gymnasium is not installed, there is no such environment, it cannot be made,
            or it has no few actions or no observation in numbers.
    """

    def __init__(self, name: str):
        if not installed():
            raise UserError(f"'{name}' is an environment of gymnasium: {INSTALL}")
        self.name = name
        world = self.make()
        try:
            self.actions = _actions(name, world.action_space)
            self.cases, self.shape = _observation(name, world.observation_space)
            can_draw = world.metadata.get("render_modes", [])
        finally:
            world.close()
        self.draws = "rgb_array" in can_draw and importlib.util.find_spec("pygame") is not None

    def make(self, **options: Any) -> Any:
        """Make one environment of gymnasium.

        Args:
            **options: of `gymnasium.make`.

        Returns:
            The environment, not reset yet.

        Raises:
            UserError: if there is no such environment, or it cannot be made.
        """
        import gymnasium

        try:
            return gymnasium.make(self.name, disable_env_checker=True, **options)
        except gymnasium.error.UnregisteredEnv as error:
            raise unknown("environment of gymnasium", self.name, gymnasium.registry) from error
        # Whatever an environment lacks, such as the engine of its physics.
        except Exception as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise UserError(f"the environment '{self.name}' cannot be made: {reason}") from error

    def episodes(self, count: int) -> GymnasiumEpisodes:
        """Make so many environments."""
        return GymnasiumEpisodes(self, count)


def _actions(name: str, space: Any) -> tuple[str, ...]:
    count = int(space.n) if type(space).__name__ == "Discrete" else 0
    if not 2 <= count <= _MOST_ACTIONS:
        raise UserError(
            f"this agent chooses among a few actions; '{name}' has {space}: take one with Discrete "
            "actions, such as CartPole-v1"
        )
    return tuple(f"action {number}" for number in range(count))


def _observation(name: str, space: Any) -> tuple[int, tuple[int, ...]]:
    """Return the number of cases, 0 of numbers, and the shape of what an agent sees."""
    if type(space).__name__ == "Discrete":
        return int(space.n), (int(space.n),)
    if type(space).__name__ == "Box" and space.shape:
        return 0, tuple(space.shape)
    raise UserError(f"this agent sees numbers (Box) or cases (Discrete); '{name}' has {space}")


class GymnasiumEpisodes(Episodes):
    """Environments of gymnasium, each reset by the seed of its episode.

    Their inner state cannot be read, so a checkpoint has the actions of each episode, which are
    taken again.

    Args:
        world: what they are.
        count: their number.
    """

    def __init__(self, world: GymnasiumWorld, count: int):
        super().__init__(count)
        options = {"render_mode": "rgb_array"} if world.draws else {}
        self.world, self._worlds = world, [world.make(**options) for _ in range(count)]
        self._taken: list[list[int]] = [[] for _ in range(count)]
        kind = np.float32 if world.cases else self._worlds[0].observation_space.dtype
        self._seen = np.zeros((count, *world.shape), np.uint8 if kind == np.uint8 else np.float32)

    def _begin(self, slots: np.ndarray) -> None:
        for slot in slots:
            seen, _ = self._worlds[slot].reset(seed=int(self.seeds[slot] % _SEEDS))
            self._taken[slot] = []
            self._see(slot, seen)

    def _see(self, slot: int, seen: Any) -> None:
        self._seen[slot] = np.arange(self.world.cases) == seen if self.world.cases else seen

    def observe(self, slots: np.ndarray) -> np.ndarray:
        """Return what gymnasium gave last, `(slots, …)`."""
        return self._seen[slots]

    def step(self, slots: np.ndarray, actions: np.ndarray) -> Moves:
        """Make a move in each of some environments."""
        rewards = np.zeros(len(slots), np.float32)
        terminated, truncated = np.zeros((2, len(slots)), bool)
        for number, (slot, action) in enumerate(zip(slots, actions.tolist(), strict=True)):
            seen, reward, over, late, _ = self._worlds[slot].step(action)
            self._see(slot, seen)
            self._taken[slot].append(action)
            rewards[number], terminated[number], truncated[number] = reward, over, late and not over
        self.elapsed[slots] += 1
        return Moves(rewards, terminated, truncated)

    def picture(self, slot: int) -> np.ndarray:
        """Draw an episode as gymnasium does.

        Raises:
            UserError: if it does not, or lacks pygame for it.
        """
        if not self.world.draws:
            raise UserError(f"'{self.world.name}' cannot be drawn here; with pygame: {INSTALL}")
        frame: np.ndarray = self._worlds[slot].render()
        # Every other pixel is enough for a film of many moves.
        return frame[::2, ::2] if min(frame.shape[:2]) >= 300 else frame

    def state(self) -> dict[str, np.ndarray]:
        """Return seeds and actions of all episodes."""
        longest = max(map(len, self._taken), default=0)
        taken = np.full((len(self._taken), longest), -1, np.int32)
        for row, actions in zip(taken, self._taken, strict=True):
            row[: len(actions)] = actions
        return {"seeds": self.seeds, "elapsed": self.elapsed, "taken": taken}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Begin each episode again and take its actions again."""
        slots = np.arange(len(self._worlds))
        self.begin(slots, arrays["seeds"])
        for column in arrays["taken"].T:
            moving = slots[column >= 0]
            self.step(moving, column[moving])
