"""Examples: collections from which batches are taken by index."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

import numpy as np

from kerasrecipes.errors import UserError


class Examples(ABC):
    """Base class of collections of examples.

    A subclass defines `__len__`, `take` and `select`.

    Attributes:
        lengths: `(examples,)`, the length of each where they differ, by which `Batches` buckets
            them; `None` where all have one shape.
        prepared_ahead: whether a batch takes so long to make that threads make the next ones while
            the device computes; of those whose shape varies only sound, which is decoded.
    """

    lengths: np.ndarray | None = None
    prepared_ahead: bool = False

    @property
    def signature(self) -> Any:
        """Structure of a batch whose shape varies, `(shape, dtype)` for each column with `None` for
        an axis that varies; `None` where all batches have one shape.
        """
        return None

    @abstractmethod
    def __len__(self) -> int:
        """Return the number of examples."""

    @abstractmethod
    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch as arrays with a batch axis: `(x,)`, `(x, y)` or `(x, y, weight)`.

        Args:
            indices: `(batch,)`, the indices of its examples.
        """

    @abstractmethod
    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""

    def groups(self) -> list[np.ndarray]:
        """Return the indices of the examples that are padded to one length, group by group."""
        return [np.arange(len(self))]

    @property
    def num_learned(self) -> int:
        """Number of examples that training makes of them, which `--limit` counts."""
        return len(self)

    def limited(self, count: int, seed: int) -> Self:
        """Return a collection of which training makes at most `count` examples.

        Args:
            count: the most examples to learn from.
            seed: of the draw without replacement.
        """
        return self.sample(count, seed)

    def sample(self, count: int, seed: int) -> Self:
        """Return a collection of at most `count` examples, drawn by `seed`, in their own order.

        Args:
            count: the most examples to keep; with as many or more there is nothing to draw.
            seed: of the draw without replacement.
        """
        if count >= len(self):
            return self
        drawn = np.random.default_rng(seed).choice(len(self), count, replace=False)
        return self.select(np.sort(drawn))


class Answered(Examples):
    """Base class of examples with one or more answers each, every one of which is learned.

    Attributes:
        references: the answers of each.
    """

    references: list[Any]

    @property
    def num_learned(self) -> int:
        """Number of answers of all."""
        return sum(map(len, self.references))

    def limited(self, count: int, seed: int) -> Self:
        """Return a collection of at most `count` answers; of the last example some may be left out.

        Args:
            count: the most answers to keep.
            seed: of the draw without replacement.
        """
        if self.num_learned == len(self):
            return self.sample(count, seed)
        left, chosen, kept = count, [], {}
        for index in np.random.default_rng(seed).permutation(len(self)):
            if left < 1:
                break
            chosen.append(index)
            kept[index] = self.references[index][:left]
            left -= len(kept[index])
        indices = np.sort(np.array(chosen, int))
        part = self.select(indices)
        part.references = [kept[index] for index in indices]
        return part


class Arrays(Examples):
    """Examples that lie in memory, or in a memory map.

    Args:
        x: inputs, an array or a dictionary of arrays, each `(examples, …)`.
        y: labels, likewise; `None` where there are none.
        weight: `(examples,)`, the weight of each in loss and metrics; `None` means 1.

    Raises:
        UserError: if the arrays differ in length, or there are weights without labels.
    """

    def __init__(self, x: Any, y: Any = None, weight: np.ndarray | None = None):
        if y is None and weight is not None:
            raise UserError("examples without labels have no weights: a model's own loss has them")
        self.columns: tuple[Any, ...] = (
            (x,) if y is None else (x, y) if weight is None else (x, y, weight)
        )
        counts = {len(array) for array in leaves(self.columns)}
        if len(counts) != 1:
            raise UserError(f"inputs and labels must be equally many, received {sorted(counts)}")

    @property
    def x(self) -> Any:
        """Inputs of all examples."""
        return self.columns[0]

    @property
    def y(self) -> Any:
        """Labels of all examples; `None` where there are none."""
        return self.columns[1] if len(self.columns) > 1 else None

    def __len__(self) -> int:
        return len(leaves(self.columns)[0])

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Gather a batch of the examples at these indices."""
        return tuple(map_leaves(lambda array: array[indices], column) for column in self.columns)

    def select(self, indices: np.ndarray) -> Arrays:
        """Return a collection of only the examples at these indices."""
        return Arrays(*self.take(indices))


class Unlabelled(Examples):
    """Examples of which the labels are left out, for a model that learns without any.

    Args:
        examples: with or without labels.
    """

    def __init__(self, examples: Examples):
        self.examples = examples
        self.lengths = examples.lengths

    @property
    def signature(self) -> Any:
        """Signature of the inputs alone, where their shape varies."""
        signature = self.examples.signature
        return None if signature is None else signature[:1]

    def __len__(self) -> int:
        return len(self.examples)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of inputs, `(x,)`."""
        return self.examples.take(indices)[:1]

    def select(self, indices: np.ndarray) -> Self:
        """Return a collection of only the examples at these indices."""
        return type(self)(self.examples.select(indices))

    def groups(self) -> list[np.ndarray]:
        """Return the indices of the examples that are padded to one length, group by group."""
        return self.examples.groups()


class Reconstructed(Unlabelled):
    """Examples whose labels are their inputs, for a model that is to reconstruct them.

    Args:
        examples: with or without labels, which are left out.
    """

    @property
    def signature(self) -> Any:
        """Signature of the inputs, twice, where their shape varies."""
        signature = super().signature
        return None if signature is None else 2 * signature

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return a batch of inputs, `(x, x)`."""
        return 2 * super().take(indices)


def without_labels(examples: Examples) -> Examples:
    """Return examples without their labels."""
    return Arrays(examples.x) if isinstance(examples, Arrays) else Unlabelled(examples)


def reconstructed(examples: Examples) -> Examples:
    """Return examples whose labels are their inputs."""
    if isinstance(examples, Arrays):
        return Arrays(examples.x, examples.x)
    return Reconstructed(examples)


def leaves(tree: Any) -> list[Any]:
    """Return the columns in nested dictionaries and tuples."""
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, (tuple, list)):
        return [leaf for value in tree for leaf in leaves(value)]
    return [tree]


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """Apply a function to each column in nested dictionaries and tuples.

    Args:
        function: from a column, `(examples, …)`, to what takes its place.
        tree: a column, or dictionaries and tuples of columns, nested in any way.

    Returns:
        The same structure; lists become tuples.
    """
    if isinstance(tree, dict):
        return {name: map_leaves(function, value) for name, value in tree.items()}
    if isinstance(tree, (tuple, list)):
        return tuple(map_leaves(function, value) for value in tree)
    return function(tree)


def labels_at_hand(examples: Examples) -> tuple[Any, Any]:
    """Labels and weights that are in memory; no image is decoded for them.

    Args:
        examples: of a split.

    Returns:
        The labels, `(examples, …)` or rows of different length, and the weight of each example;
        `None` for what is not at hand.
    """
    columns: tuple[Any, ...] = getattr(examples, "columns", ())
    labels = getattr(examples, "y", None)
    weight = getattr(examples, "weight", columns[2] if len(columns) > 2 else None)
    return labels, weight


def batch_random(seed: int, indices: np.ndarray, *more: int) -> np.random.Generator:
    """Return the generator of what is drawn anew for each batch.

    What it draws depends on these alone, so a training that resumes sees the same.

    Args:
        seed: of the run.
        indices: `(batch,)`, of the examples.
        *more: numbers that tell apart what is drawn for one batch.
    """
    # CRC-32 of one integer type; Python's `hash` of bytes is salted anew in every process.
    key = zlib.crc32(np.asarray(indices, np.int64).tobytes())
    return np.random.default_rng([seed, key, *more])
