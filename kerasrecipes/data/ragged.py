"""Examples of different length, as in text: kept without padding, padded batch by batch."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from kerasrecipes import backend
from kerasrecipes.data.examples import Examples, leaves, map_leaves
from kerasrecipes.errors import UserError

MULTIPLE = 8  # rounded lengths are multiples of it, which suits the vector units of all devices


def bucket_length(length: int) -> int:
    """Return a length rounded up to one of few, so that a compiler meets few shapes: 8, 16, 24, 32,
    48, 64, 96, 128, 160, …

    At most a third of a rounded length above 32 is padding, above 128 at most a fifth.
    """
    # NumPy's integers have no `bit_length`, and narrow ones overflow when rounded up.
    length = operator.index(length)
    if length <= 32:
        return int(_rounded(length))
    octave = (length - 1).bit_length() - 1  # 2**octave < length
    step = 2 ** (octave - 1 if length <= 128 else octave - 2)
    return -(-length // step) * step


def padded_length(length: int) -> int:
    """Return the length to pad a batch to: a multiple of 8, or one of few where every new shape is
    compiled anew.
    """
    if not backend.takes_any_shape():
        return bucket_length(length)
    return int(_rounded(operator.index(length)))


def _rounded(lengths: Any) -> Any:
    return np.maximum(MULTIPLE, -(-lengths // MULTIPLE) * MULTIPLE)


class Ragged:
    """Rows of different length, one after another in a flat array.

    Args:
        values: `(entries, …)`, the entries of all rows.
        offsets: `(rows + 1,)`, where each row begins, and where the last one ends.
    """

    def __init__(self, values: np.ndarray, offsets: np.ndarray):
        self.values, self.offsets = values, offsets

    @classmethod
    def of(cls, rows: Iterable[np.ndarray]) -> Ragged:
        """Concatenate rows; an iterator is read once.

        Args:
            rows: `(length, …)` each; all but the first axis must agree. Whole numbers are kept as
                int32, others as float32.

        Returns:
            The rows one after another, int32 or float32, and where each begins.
        """
        rows = [np.asarray(row) for row in rows]
        # int64, as there may be more entries than int32 can count.
        offsets = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.int64)])
        # NumPy takes an empty list for float64, which would make whole numbers beside it floats.
        filled = [row for row in rows if len(row)] or [
            np.zeros((0, *row.shape[1:]), np.int32) for row in rows[:1]
        ]
        values = np.concatenate(filled) if filled else np.zeros(0, np.int32)
        return cls(
            values.astype(np.float32 if values.dtype.kind == "f" else np.int32, copy=False), offsets
        )

    @property
    def lengths(self) -> np.ndarray:
        """Length of each row, `(rows,)`."""
        return np.diff(self.offsets)

    @property
    def dtype(self) -> np.dtype:
        """Data type of the entries."""
        return self.values.dtype

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> np.ndarray:
        number = int(number)
        if not -len(self) <= number < len(self):
            raise IndexError(f"there is no row {number}; there are {len(self)}")
        number %= len(self)
        return np.asarray(self.values[self.offsets[number] : self.offsets[number + 1]])

    def take(self, indices: np.ndarray) -> Ragged:
        """Return a collection of the rows at these indices."""
        indices = np.asarray(indices, dtype=np.int64)
        lengths = self.lengths[indices]
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        # The place of each new entry among the old: its row's beginning, and how far in it is.
        places = np.repeat(self.offsets[indices] - offsets[:-1], lengths) + np.arange(offsets[-1])
        return Ragged(np.asarray(self.values[places]), offsets)

    def padded(self, length: int | None = None, value: Any = 0) -> np.ndarray:
        """Pad every row at its end.

        Args:
            length: length to pad to; by default that of the longest row. A longer row is truncated.
            value: padding value.

        Returns:
            `(rows, length, …)`.
        """
        length = int(self.lengths.max(initial=0)) if length is None else length
        filled = np.full((len(self), length, *self.values.shape[1:]), value, self.values.dtype)
        inside = np.arange(length) < self.lengths[:, None]  # (rows, length)
        whole = (
            self
            if self.lengths.max(initial=0) <= length
            else Ragged.of(row[:length] for row in self)
        )
        # A mask is filled row by row, which is the order of the entries.
        filled[inside] = whole.values[whole.offsets[0] : whole.offsets[-1]]
        return filled


class RaggedExamples(Examples):
    """Examples of which some columns are `Ragged`; a batch is padded to its own longest row.

    Args:
        x: inputs, an array or a `Ragged`, or a dictionary of those.
        y: labels, likewise.
        weight: the weight of each example `(examples,)`, or with `Ragged` rows of each entry, in
            loss and metrics; `None` means 1.
        by: `(examples,)`, lengths to bucket batches by; by default each example's longest ragged
            input.
        pad_to: pad all batches to this length and bucket nothing, to measure what bucketing saves.

    Raises:
        UserError: if the columns differ in length.

    Attributes:
        lengths: `(examples,)`, by which `Batches` puts examples together: rounded up to a multiple
            of 8, so that examples of the same go with each other at random; `None` with `pad_to`.
    """

    def __init__(
        self,
        x: Any,
        y: Any,
        weight: Any = None,
        *,
        by: np.ndarray | None = None,
        pad_to: int | None = None,
    ):
        self.columns = (x, y) if weight is None else (x, y, weight)
        self.pad_to = pad_to
        counts = {len(column) for column in leaves(self.columns)}
        if len(counts) != 1:
            raise UserError(f"inputs and labels must be equally many, received {sorted(counts)}")
        if by is None:
            ragged = [column.lengths for column in leaves(x) if isinstance(column, Ragged)]
            by = np.max(ragged, axis=0) if ragged else np.zeros(counts.pop(), np.int64)
        self.by = np.asarray(by)
        self.lengths = _rounded(self.by) if pad_to is None else None

    @property
    def x(self) -> Any:
        """Inputs of all examples."""
        return self.columns[0]

    @property
    def y(self) -> Any:
        """Labels of all examples."""
        return self.columns[1]

    @property
    def signature(self) -> Any:
        """Structure of a batch, `(shape, dtype)` for each column; an axis that varies is `None`."""
        return tuple(map_leaves(self._signature, column) for column in self.columns)

    def __len__(self) -> int:
        return len(self.by)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Gather a batch of the examples at these indices, each ragged column padded."""

        def gathered(column: Any) -> np.ndarray:
            if not isinstance(column, Ragged):
                return column[indices]
            rows = column.take(indices)
            return rows.padded(self.pad_to or padded_length(int(rows.lengths.max(initial=1))))

        return tuple(map_leaves(gathered, column) for column in self.columns)

    def select(self, indices: np.ndarray) -> RaggedExamples:
        """Return a collection of only the examples at these indices."""
        chosen = tuple(
            map_leaves(lambda column: _chosen(column, indices), column) for column in self.columns
        )
        return RaggedExamples(*chosen, by=self.by[indices], pad_to=self.pad_to)

    def groups(self) -> list[np.ndarray]:
        """Return the indices of the examples that are padded alike, group by group."""
        ragged = []
        for column in leaves(self.x):
            if isinstance(column, Ragged):
                # Each length that occurs is rounded once.
                different, places = np.unique(column.lengths, return_inverse=True)
                rounded = np.array([bucket_length(int(length)) for length in different], np.int64)
                ragged.append(rounded[places])
        if not ragged:
            return [np.arange(len(self))]
        _, group = np.unique(np.stack(ragged, axis=1), axis=0, return_inverse=True)
        # NumPy 2.0 gives the inverse another shape than the releases before and after it.
        return [np.flatnonzero(group.reshape(-1) == number) for number in range(group.max() + 1)]

    def _signature(self, column: Any) -> tuple[tuple[int | None, ...], np.dtype]:
        if isinstance(column, Ragged):
            return (None, self.pad_to, *column.values.shape[1:]), column.dtype
        return (None, *column.shape[1:]), column.dtype


def _chosen(column: Any, indices: np.ndarray) -> Any:
    return column.take(indices) if isinstance(column, Ragged) else column[indices]
