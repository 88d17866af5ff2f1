"""Replay: what agents have seen and done, from which batches of transitions are drawn."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, NamedTuple

import numpy as np

_FIRST = 256  # rows that a replay begins with; it grows by doubling
_NAMES = ("seen", "actions", "rewards", "after", "terminated", "ended", "priorities")
_SMALLEST = 1e-3  # priority of a transition without error, which may be drawn again all the same


class Transitions(NamedTuple):
    """Batch of transitions over several moves, to learn from.

    Args:
        seen: `(batch, …)`, what was seen before the first move.
        actions: `(batch,)`, the first move.
        rewards: `(batch,)`, discounted sum of the rewards of the moves.
        after: `(batch, …)`, what was seen after the last move.
        discounts: `(batch,)`, what the value of `after` counts: 0 where the episode was terminated,
            and not where only its time ran out.
        weights: `(batch,)`, of the transitions in the loss.
    """

    seen: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    after: np.ndarray
    discounts: np.ndarray
    weights: np.ndarray


class Replay:
    """Ring of rows, each with a move of every episode that is played.

    Its arrays stand in a dictionary of whoever owns it, such as the state of a loop, and so in its
    checkpoints.

    Args:
        state: for the arrays and the number of rows; with those of an earlier replay it goes on.
        capacity: rows that are kept.
        moves: that a transition goes over at most.
        discount: of a reward for each move that it lies ahead.
        exponent: of priorities; 0 draws all transitions equally often.

    Reference:
        - [Prioritized Experience Replay](https://arxiv.org/abs/1511.05952) (Schaul et al., 2016)
        - [Rainbow](https://arxiv.org/abs/1710.02298) (Hessel et al., 2018): several moves
    """

    def __init__(
        self,
        state: MutableMapping[str, Any],
        *,
        capacity: int,
        moves: int = 1,
        discount: float = 0.99,
        exponent: float = 0.0,
    ):
        self.state, self.capacity, self.moves = state, max(capacity, 2 * moves), moves
        self.discount, self.exponent = discount, exponent

    def __len__(self) -> int:
        """Rows from which transitions can begin, whose later moves are known."""
        return max(0, min(self.rows, self.capacity) - self.moves + 1)

    @property
    def rows(self) -> int:
        """Rows that were added, those that were overwritten among them."""
        return int(self.state.get("replay_rows", 0))

    def add(self, **row: np.ndarray) -> None:
        """Add a move of every episode.

        Args:
            **row: `seen`, `actions`, `rewards`, `after`, `terminated` and `ended`, one entry for
                each episode.
        """
        place = self.rows % self.capacity
        # What is new is drawn soon: its error is not known yet.
        largest = self._array("priorities").max() if self.rows else 1.0
        row["priorities"] = np.full(len(row["actions"]), largest, np.float32)
        for name in _NAMES:
            self._room(name, row[name], place)[place] = row[name]
        self.state["replay_rows"] = self.rows + 1

    def _array(self, name: str) -> np.ndarray:
        found: np.ndarray = self.state[f"replay_{name}"]
        return found

    def _room(self, name: str, row: np.ndarray, place: int) -> np.ndarray:
        """Return the array with room for a row at its place."""
        key = f"replay_{name}"
        if key not in self.state:
            self.state[key] = np.zeros((min(_FIRST, self.capacity), *row.shape), row.dtype)
        elif place >= len(self.state[key]):
            more = min(len(self.state[key]), self.capacity - len(self.state[key]))
            added = np.zeros((more, *row.shape), row.dtype)
            self.state[key] = np.concatenate([self.state[key], added])
        return self._array(name)

    def draw(self, count: int, random: np.random.Generator, correction: float) -> np.ndarray:
        """Draw transitions by their priorities.

        Args:
            count: number of transitions.
            random: draws.
            correction: share by which weights make up for what is drawn more often, from 0 to 1.

        Returns:
            `(3, count)`: rows, episodes and weights; see `transitions`.
        """
        episodes = self._array("actions").shape[1]
        if self.exponent == 0:
            drawn = random.integers(0, len(self) * episodes, count)
            # The newest rows, whose later moves are not known, are left out.
            ages, columns = np.divmod(drawn, episodes)
            places = (self.rows - self.moves - ages) % self.capacity
            return np.stack([places, columns, np.ones(count)])
        chances = np.power(self._array("priorities"), self.exponent, dtype=np.float64)
        newest = (self.rows - 1 - np.arange(self.moves - 1)) % self.capacity
        chances[newest] = 0
        chances[min(self.rows, self.capacity) :] = 0
        sums = np.cumsum(chances)
        # One from each of as many equal parts of the whole, as the paper draws.
        drawn = np.searchsorted(sums, (np.arange(count) + random.random(count)) * sums[-1] / count)
        drawn = np.minimum(drawn, np.flatnonzero(chances)[-1])
        share = chances.ravel()[drawn] / sums[-1]
        weights = (1 / (len(self) * episodes * share)) ** correction
        return np.stack([*np.divmod(drawn, episodes), weights / weights.max()])

    def transitions(self, drawn: np.ndarray) -> Transitions:
        """Return transitions over several moves.

        Args:
            drawn: `(3, count)`, of `draw`.

        Returns:
            The transitions; those that reach the end of their episode are shorter.
        """
        first, columns = drawn[:2].astype(np.int64)
        rewards = np.zeros(len(first), np.float32)
        discounts = np.ones(len(first), np.float32)
        last, going = first, np.ones(len(first), bool)
        for move in range(self.moves):
            at = ((first + move) % self.capacity)[going], columns[going]
            last = np.where(going, (first + move) % self.capacity, last)
            rewards[going] += discounts[going] * self._array("rewards")[at]
            discounts[going] *= self.discount
            going[going] = ~self._array("ended")[at]
        discounts[self._array("terminated")[last, columns]] = 0
        return Transitions(
            seen=self._array("seen")[first, columns],
            actions=self._array("actions")[first, columns],
            rewards=rewards,
            after=self._array("after")[last, columns],
            discounts=discounts,
            weights=drawn[2].astype(np.float32),
        )

    def set_errors(self, drawn: np.ndarray, errors: np.ndarray) -> None:
        """Set the priorities of transitions that were learned from.

        Args:
            drawn: `(3, count)`, of `draw`.
            errors: `(count,)`, of their values.
        """
        rows, columns = drawn[:2].astype(np.int64)
        self._array("priorities")[rows, columns] = np.abs(errors) + _SMALLEST
