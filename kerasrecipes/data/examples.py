"""Examples, and batches of them that are addressed by number.

Batch `k` of epoch `e` is a pure function of `(seed, e, k)`. So a run that was interrupted goes on at the very
batch where it stopped, each worker of a cluster takes its slice of it, and every backend sees the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from kerasrecipes.errors import UserError


class Examples(Protocol):
    """Something with a length from which examples are taken by their numbers."""

    def __len__(self) -> int:
        """Count the examples."""
        ...

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Give `(x, y)` or `(x, y, weight)` of the examples with these numbers, as arrays with a batch axis."""
        ...

    def select(self, numbers: np.ndarray) -> Examples:
        """Make a collection of only the examples with these numbers."""
        ...

    def sample(self, count: int, seed: int) -> Examples:
        """Make a collection of at most `count` examples, drawn by `seed`."""
        ...


class Selectable:
    """Draws a sample by way of `select`."""

    def sample(self, count: int, seed: int):
        """Make a collection of at most `count` examples, drawn by `seed`, in their own order."""
        if count >= len(self):
            return self
        drawn = np.random.default_rng(seed).choice(len(self), count, replace=False)
        return self.select(np.sort(drawn))


class Arrays(Selectable):
    """Examples that lie in memory, or in a memory map.

    Args:
        x: inputs, an array or a dictionary of arrays, each `(examples, …)`.
        y: what is to be predicted, likewise.
        weight: `(examples,)`, the weight of each in loss and metrics; `None` means 1.

    Raises:
        UserError: if the arrays differ in length.
    """

    def __init__(self, x: Any, y: Any, weight: np.ndarray | None = None):
        self.columns = (x, y) if weight is None else (x, y, weight)
        lengths = {len(array) for array in _leaves(self.columns)}
        if len(lengths) != 1:
            raise UserError(f"inputs and labels must be equally many, received {sorted(lengths)}")

    @property
    def x(self) -> Any:
        """The inputs."""
        return self.columns[0]

    @property
    def y(self) -> Any:
        """What is to be predicted."""
        return self.columns[1]

    def __len__(self) -> int:
        return len(_leaves(self.columns)[0])

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Gather the examples with these numbers."""
        return tuple(_map(lambda array: array[numbers], column) for column in self.columns)

    def select(self, numbers: np.ndarray) -> Arrays:
        """Make a collection of only the examples with these numbers."""
        return Arrays(*self.take(numbers))


@dataclass(frozen=True)
class Batches:
    """Batches of examples, addressed by epoch and number.

    Args:
        examples: what they are made of.
        size: examples per batch; the last batch of an epoch may be smaller.
        seed: of the order of examples in each epoch.
        shuffle: whether each epoch has an order of its own, or all have the examples' own.
        drop_remainder: whether a last, smaller batch is left out.
    """

    examples: Examples
    size: int
    seed: int = 0
    shuffle: bool = False
    drop_remainder: bool = False

    def __len__(self) -> int:
        whole, rest = divmod(len(self.examples), self.size)
        return whole + bool(rest and not (self.drop_remainder and whole))

    def order(self, epoch: int) -> np.ndarray:
        """Give the examples' numbers in the order of an epoch."""
        if not self.shuffle:
            return np.arange(len(self.examples))
        return np.random.default_rng([self.seed, epoch]).permutation(len(self.examples))

    def numbers(self, epoch: int, batch: int) -> np.ndarray:
        """Give the numbers of the examples in one batch."""
        return self.order(epoch)[batch * self.size : (batch + 1) * self.size]

    def __getitem__(self, position: tuple[int, int]) -> tuple[Any, ...]:
        """Give the batch at `(epoch, number)`."""
        return self.examples.take(self.numbers(*position))

    def plan(self, epoch: int = 0, batch: int = 0) -> Iterator[np.ndarray]:
        """Give the example numbers of batch after batch from a position on, without end."""
        while True:
            order = self.order(epoch)
            for start in range(batch * self.size, len(self) * self.size, self.size):
                yield order[start : start + self.size]
            epoch, batch = epoch + 1, 0

    def stream(self, epoch: int = 0, batch: int = 0, *, ahead: int = 0) -> Iterator[tuple[Any, ...]]:
        """Give batch after batch from a position on, without end.

        Args:
            epoch: the epoch to begin in.
            batch: the batch of that epoch to begin with.
            ahead: batches that are made ready in other threads meanwhile.
        """
        plan = self.plan(epoch, batch)
        if not ahead:
            yield from (self.examples.take(numbers) for numbers in plan)
            return
        with ThreadPoolExecutor(max_workers=min(ahead, 4)) as pool:
            waiting = [pool.submit(self.examples.take, next(plan)) for _ in range(ahead)]
            while True:
                yield waiting.pop(0).result()
                waiting.append(pool.submit(self.examples.take, next(plan)))


def split(labels: np.ndarray | None, shares: Sequence[float], seed: int, count: int | None = None) -> list[np.ndarray]:
    """Divide examples into parts at random, stratified by label where labels are given.

    Args:
        labels: `(examples,)` class numbers, or `None`.
        shares: the share of each part; the first part takes what the others leave.
        seed: of the draw.
        count: number of examples where `labels` is `None`.

    Returns:
        The sorted example numbers of each part. A class with fewer examples than parts goes to the first part.
    """
    random = np.random.default_rng(seed)
    groups = [np.arange(count)] if labels is None else [np.flatnonzero(labels == c) for c in np.unique(labels)]
    parts: list[list[np.ndarray]] = [[] for _ in shares]
    for group in groups:
        group = random.permutation(group)
        if len(group) < len(shares):
            parts[0].append(group)
            continue
        sizes = [max(1, round(len(group) * share)) for share in shares[1:]]
        cuts = np.cumsum(sizes)
        pieces = np.split(group, cuts)
        for part, piece in zip(parts, [pieces[-1], *pieces[:-1]], strict=True):
            part.append(piece)
    return [np.sort(np.concatenate(part)) if part else np.array([], int) for part in parts]


def _leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in _leaves(value)]
    if isinstance(tree, (tuple, list)):
        return [leaf for value in tree for leaf in _leaves(value)]
    return [tree]


def _map(function: Any, tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _map(function, value) for name, value in tree.items()}
    if isinstance(tree, (tuple, list)):
        return tuple(_map(function, value) for value in tree)
    return function(tree)
