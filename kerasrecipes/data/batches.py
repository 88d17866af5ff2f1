"""Batches that are addressed by number.

Batch `k` of epoch `e` is a pure function of `(seed, e, k)`. So a run that was interrupted goes on
at the very batch where it stopped, each worker of a cluster takes its slice of it, and every
backend sees the same batches.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Examples

# Batches among which examples of like length are put together. The more, the less padding; the
# fewer, the more random the company of an example.
BUCKETED = 100


@dataclass(frozen=True)
class Batches:
    """Batches of examples, addressed by epoch and number.

    Examples that have `lengths` are bucketed: a batch holds examples of like length, so that little
    of it is padding. Shuffled, the batches of an epoch still come in random order; unshuffled, the
    examples come in order of length.

    Args:
        examples: the examples to batch.
        size: examples per batch; the last batch of an epoch may be smaller.
        seed: seed of the order of examples in each epoch.
        shuffle: whether each epoch has its own random order; else all have the examples' own.
        drop_remainder: whether a last, smaller batch is left out.
    """

    examples: Examples
    size: int
    seed: int = 0
    shuffle: bool = False
    drop_remainder: bool = False

    def __len__(self) -> int:
        whole, rest = divmod(len(self.examples), self.size)
        # Fewer examples than one batch are a batch all the same, or an epoch would have none.
        return whole + bool(rest and not (self.drop_remainder and whole))

    def order(self, epoch: int) -> np.ndarray:
        """Return the indices of all examples in the order of an epoch, `(examples,)`."""
        lengths = self.examples.lengths
        if not self.shuffle:
            if lengths is None:
                return np.arange(len(self.examples))
            return np.argsort(lengths, kind="stable")
        # Seeded by the epoch too, so that a resumed run needs no state of a generator.
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.examples))
        return order if lengths is None else self._bucketed(order, lengths, random)

    def indices(self, epoch: int, batch: int) -> np.ndarray:
        """Return the indices of the examples in one batch, `(batch,)`.

        Args:
            epoch: number of the epoch, from 0; it decides the order of shuffled examples.
            batch: number of the batch in that epoch, from 0.
        """
        return self.order(epoch)[batch * self.size : (batch + 1) * self.size]

    def _bucketed(
        self, order: np.ndarray, lengths: np.ndarray, random: np.random.Generator
    ) -> np.ndarray:
        """Sort by length within large random chunks, then put whole batches in random order."""
        whole = len(order) // self.size
        # The smaller batch stays last: batches are cut from the order at multiples of `size`.
        rest = order[whole * self.size :]
        batches = order[: whole * self.size].reshape(whole, self.size)
        for start in range(0, whole, BUCKETED):
            chunk = batches[start : start + BUCKETED].reshape(-1)
            # A stable sort leaves examples of one length in random order.
            by_length = chunk[np.argsort(lengths[chunk], kind="stable")]
            batches[start : start + BUCKETED] = by_length.reshape(-1, self.size)
        return np.concatenate([batches[random.permutation(whole)].reshape(-1), rest])

    def __getitem__(self, position: tuple[int, int]) -> tuple[Any, ...]:
        """Return the batch at `(epoch, number)`."""
        return self.examples.take(self.indices(*position))

    def plan(self, epoch: int = 0, batch: int = 0) -> Iterator[np.ndarray]:
        """Yield the indices of batch after batch from a position on, without end.

        Args:
            epoch: the epoch to begin in.
            batch: the batch of that epoch to begin with.
        """
        while True:
            order = self.order(epoch)
            for start in range(batch * self.size, len(self) * self.size, self.size):
                yield order[start : start + self.size]
            epoch, batch = epoch + 1, 0

    def stream(
        self, epoch: int = 0, batch: int = 0, *, ahead: int = 0
    ) -> Iterator[tuple[Any, ...]]:
        """Yield batch after batch from a position on, without end.

        Args:
            epoch: the epoch to begin in.
            batch: the batch of that epoch to begin with.
            ahead: batches to prepare in other threads meanwhile.
        """
        plan = self.plan(epoch, batch)
        if not ahead:
            yield from (self.examples.take(indices) for indices in plan)
            return
        with ThreadPoolExecutor(max_workers=min(ahead, 4)) as pool:
            # Awaited in the order of submission, so threads do not change the order of batches.
            waiting = [pool.submit(self.examples.take, next(plan)) for _ in range(ahead)]
            while True:
                yield waiting.pop(0).result()
                waiting.append(pool.submit(self.examples.take, next(plan)))
