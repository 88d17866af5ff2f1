"""What an environment is, and episodes in it that run side by side.

An episode is a pure function of its seed and of the actions taken in it, so that a training which
was interrupted goes on in the middle of its episodes, and the same seeds judge every agent.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

Policy = Callable[[np.ndarray], np.ndarray]  # from observations to actions, `(episodes,)`


class Moves(NamedTuple):
    """What came of a move in each of several episodes.

    Args:
        rewards: `(episodes,)` float32.
        terminated: `(episodes,)`, whether the world ended the episode: nothing comes afterwards.
        truncated: `(episodes,)`, whether only its time ran out: what would come is worth something.
    """

    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray

    @property
    def ended(self) -> np.ndarray:
        """Whether the episode is over, for either reason."""
        return self.terminated | self.truncated


class Episodes(ABC):
    """Episodes of one environment, each in a slot of its own.

    Args:
        count: number of slots.

    Attributes:
        seeds: `(slots,)` uint64, of the episode in each slot.
        elapsed: `(slots,)`, moves that were made in it.
    """

    def __init__(self, count: int):
        self.seeds = np.zeros(count, np.uint64)
        self.elapsed = np.zeros(count, np.int64)

    def begin(self, slots: np.ndarray, seeds: np.ndarray) -> None:
        """Begin a new episode in some slots.

        Args:
            slots: their indices.
            seeds: of the episodes.
        """
        self.seeds[slots], self.elapsed[slots] = seeds, 0
        self._begin(slots)

    @abstractmethod
    def _begin(self, slots: np.ndarray) -> None:
        """Put the slots into the beginning that their seeds give."""

    @abstractmethod
    def observe(self, slots: np.ndarray) -> np.ndarray:
        """Return what an agent sees in some slots, `(slots, …)`."""

    @abstractmethod
    def step(self, slots: np.ndarray, actions: np.ndarray) -> Moves:
        """Make a move in each of some slots, none of whose episodes is over.

        Args:
            slots: their indices.
            actions: index of the action in each.

        Returns:
            What came of it, in the order of the slots.
        """

    def rule(self, slots: np.ndarray) -> np.ndarray | None:
        """Return the actions of the simple rule for this world; `None` where it has none."""
        return None

    @abstractmethod
    def picture(self, slot: int) -> np.ndarray:
        """Draw an episode as it stands, `(height, width, 3)` uint8."""

    @abstractmethod
    def state(self) -> dict[str, np.ndarray]:
        """Return the state of all slots as arrays by name, for a checkpoint."""

    @abstractmethod
    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from what `state` returned."""


class Environment(ABC):
    """A world that an agent acts in, by a few actions.

    Attributes:
        name: of the world.
        actions: names of the actions.
        shape: of an observation.
        rule: what the simple rule does that an agent is compared with; empty without one.
    """

    name: str
    actions: Sequence[str]
    shape: tuple[int, ...]
    rule: ClassVar[str] = ""

    @abstractmethod
    def episodes(self, count: int) -> Episodes:
        """Make so many slots for episodes, none of which has begun."""

    def best_return(self) -> float | None:
        """Return the largest mean return that any agent can have, where it can be computed."""
        return None


@dataclass(frozen=True)
class Played:
    """Episodes that were played to their end.

    Args:
        returns: `(episodes,)`, sum of the rewards of each.
        lengths: `(episodes,)`, its moves.
    """

    returns: np.ndarray
    lengths: np.ndarray


Watch = Callable[[np.ndarray, np.ndarray, np.ndarray, Moves], Any]


def play(
    environment: Environment,
    policy: Policy | None,
    seeds: Sequence[int] | np.ndarray,
    watch: Watch | None = None,
) -> Played:
    """Play an episode of each seed to its end.

    Args:
        environment: the world.
        policy: chooses actions by observations; `None` for the world's simple rule.
        seeds: of the episodes, which are played side by side.
        watch: called after each move with the slots that moved, what was seen in them before, the
            actions, and what came of it.

    Returns:
        Returns and lengths, in the order of the seeds.
    """
    episodes = environment.episodes(len(seeds))
    slots = np.arange(len(seeds))
    episodes.begin(slots, np.asarray(seeds, np.uint64))
    returns, lengths = np.zeros(len(seeds)), np.zeros(len(seeds), np.int64)
    while len(slots):
        seen = episodes.observe(slots)
        actions = episodes.rule(slots) if policy is None else policy(seen)
        assert actions is not None, "the world has a rule where none is given"
        moves = episodes.step(slots, actions)
        returns[slots] += moves.rewards
        lengths[slots] += 1
        if watch is not None:
            watch(slots, seen, actions, moves)
        slots = slots[~moves.ended]
    return Played(returns, lengths)


def film(environment: Environment, policy: Policy, seed: int) -> tuple[list[np.ndarray], float]:
    """Draw an episode move by move.

    Args:
        environment: the world.
        policy: chooses actions by observations.
        seed: of the episode.

    Returns:
        Its pictures, from the beginning to the end, and its return.
    """
    episodes, slot = environment.episodes(1), np.arange(1)
    episodes.begin(slot, np.array([seed], np.uint64))
    frames, total, ended = [episodes.picture(0)], 0.0, False
    while not ended:
        moves = episodes.step(slot, policy(episodes.observe(slot)))
        frames.append(episodes.picture(0))
        total, ended = total + float(moves.rewards[0]), bool(moves.ended[0])
    return frames, total


def random_policy(count: int, seed: int) -> Policy:
    """Return a policy that chooses any action, whatever it sees.

    Args:
        count: number of actions.
        seed: of the choices.
    """
    random = np.random.default_rng(seed)
    return lambda seen: random.integers(0, count, len(seen))


def chance(seeds: np.ndarray, draw: np.ndarray | int) -> np.ndarray:
    """Return numbers from 0 to below 1 that look random, `(seeds,)`, the same for the same input.

    An episode that draws them by its seed and the number of the move needs no generator whose state
    would have to be kept.

    Args:
        seeds: `(seeds,)` uint64.
        draw: number of the draw.

    Reference:
        [Fast Splittable Pseudorandom Number Generators](https://doi.org/10.1145/2660193.2660195)
        (Steele, Lea, Flood, 2014): its mixing function
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        # The seed is mixed as well, or seeds that follow one another would share their draws.
        mixed = _mix(seeds.astype(np.uint64) * golden + golden)
        mixed = _mix(mixed + np.asarray(draw, np.uint64) * golden)
    return (mixed >> np.uint64(11)) * 2.0**-53


def _mix(values: np.ndarray) -> np.ndarray:
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
