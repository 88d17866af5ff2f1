"""Examples, and batches of them that are addressed by number.

Batch `k` of epoch `e` is a pure function of `(seed, e, k)`. So a run that was interrupted goes on
at the very batch where it stopped, each worker of a cluster takes its slice of it, and every
backend sees the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from kerasrecipes.errors import UserError

# Batches among which examples of like length are put together. The more, the less padding; the
# fewer, the more random the company of an example.
BUCKETED = 100


class Examples(Protocol):
    """Something with a length from which examples are taken by their numbers."""

    def __len__(self) -> int:
        """Count the examples."""
        ...

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Give `(x, y)` or `(x, y, weight)` of the examples with these numbers, as arrays with a
        batch axis.
        """
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
        lengths = {len(array) for array in leaves(self.columns)}
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
        return len(leaves(self.columns)[0])

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Gather the examples with these numbers."""
        return tuple(map_leaves(lambda array: array[numbers], column) for column in self.columns)

    def select(self, numbers: np.ndarray) -> Arrays:
        """Make a collection of only the examples with these numbers."""
        return Arrays(*self.take(numbers))


@dataclass(frozen=True)
class Batches:
    """Batches of examples, addressed by epoch and number.

    Examples that have `lengths` are bucketed: a batch holds examples of like length, so that little
    of it is padding. Shuffled, the batches of an epoch still come in random order; unshuffled, the
    examples come in order of length.

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
        lengths = getattr(self.examples, "lengths", None)
        if not self.shuffle:
            return (
                np.arange(len(self.examples))
                if lengths is None
                else np.argsort(lengths, kind="stable")
            )
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.examples))
        return order if lengths is None else self._bucketed(order, lengths, random)

    def numbers(self, epoch: int, batch: int) -> np.ndarray:
        """Give the numbers of the examples in one batch."""
        return self.order(epoch)[batch * self.size : (batch + 1) * self.size]

    def _bucketed(
        self, order: np.ndarray, lengths: np.ndarray, random: np.random.Generator
    ) -> np.ndarray:
        """Sort by length within large random chunks, then put whole batches in random order."""
        whole = len(order) // self.size
        batches, rest = (
            order[: whole * self.size].reshape(whole, self.size),
            order[whole * self.size :],
        )
        for start in range(0, whole, BUCKETED):
            chunk = batches[start : start + BUCKETED].reshape(-1)
            batches[start : start + BUCKETED] = chunk[
                np.argsort(lengths[chunk], kind="stable")
            ].reshape(-1, self.size)
        return np.concatenate([batches[random.permutation(whole)].reshape(-1), rest])

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

    def stream(
        self, epoch: int = 0, batch: int = 0, *, ahead: int = 0
    ) -> Iterator[tuple[Any, ...]]:
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


def split(
    labels: np.ndarray | None, shares: Sequence[float], seed: int, count: int | None = None
) -> list[np.ndarray]:
    """Divide examples into parts at random, stratified by label where labels are given.

    Args:
        labels: `(examples,)` class numbers, or `None`.
        shares: the share of each part; the first part takes what the others leave.
        seed: of the draw.
        count: number of examples where `labels` is `None`.

    Returns:
        The sorted example numbers of each part. A class with fewer examples than parts goes to the
        first part.
    """
    random = np.random.default_rng(seed)
    groups = (
        [np.arange(count)]
        if labels is None
        else [np.flatnonzero(labels == c) for c in np.unique(labels)]
    )
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


def leaves(tree: Any) -> list[Any]:
    """Give the columns in nested dictionaries and tuples."""
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, (tuple, list)):
        return [leaf for value in tree for leaf in leaves(value)]
    return [tree]


def map_leaves(function: Any, tree: Any) -> Any:
    """Apply a function to each column in nested dictionaries and tuples."""
    if isinstance(tree, dict):
        return {name: map_leaves(function, value) for name, value in tree.items()}
    if isinstance(tree, (tuple, list)):
        return tuple(map_leaves(function, value) for value in tree)
    return function(tree)
