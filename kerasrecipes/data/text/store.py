"""Many texts in constant memory: a file on disk that is mapped into memory."""

from __future__ import annotations

import mmap
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.errors import UserError

_BUFFER = 2**20  # bytes that are written at a time
_IN_MEMORY = 2**26  # bytes of text above which their token ids lie on disk as well


class TextStore(Sequence):
    """Texts one after another in a temporary file, which is gone with the last store that uses it.

    Args:
        content: UTF-8 of all texts, bytes or a memory map.
        begins: `(texts,)`, the byte where each text begins.
        ends: `(texts,)`, the byte where each text ends.
    """

    def __init__(self, content: Any, begins: np.ndarray, ends: np.ndarray):
        self.content, self.begins, self.ends = content, begins, ends

    @classmethod
    def of(cls, texts: Iterable[str]) -> TextStore:
        """Build a store of texts; an iterator is read once."""
        offsets = array("q", [0])
        with tempfile.TemporaryFile(buffering=_BUFFER) as file:
            for text in texts:
                offsets.append(offsets[-1] + file.write(text.encode("utf-8", "replace")))
            file.flush()
            # The system takes mapped pages back when it needs memory; an empty file has none.
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if offsets[-1] else b""
        edges = np.frombuffer(offsets, np.int64)
        return cls(content, edges[:-1], edges[1:])

    @property
    def size(self) -> int:
        """Size of all texts in bytes."""
        return int((self.ends - self.begins).sum())

    def __len__(self) -> int:
        return len(self.begins)

    def __getitem__(self, index: Any) -> Any:
        return self.content[self.begins[index] : self.ends[index]].decode("utf-8")

    def __iter__(self) -> Iterator[str]:
        return (self[index] for index in range(len(self)))

    def hashes(self) -> np.ndarray:
        """Return a number of each text, `(texts,)` int64, that differs where texts do, but for
        chance; the same in one process only.
        """
        places = zip(self.begins.tolist(), self.ends.tolist(), strict=True)
        # Of the bytes as they lie there: to decode all texts would take as long as to read them.
        return np.fromiter((hash(self.content[a:b]) for a, b in places), np.int64, len(self))

    def select(self, indices: np.ndarray) -> TextStore:
        """Return the texts at `indices`, `(texts,)`; nothing is copied."""
        return TextStore(self.content, self.begins[indices], self.ends[indices])


class TextExamples(Examples):
    """Labelled texts.

    Args:
        x: the texts.
        y: `(texts,)`, their class indices.
        weight: `(texts,)`, the weight of each in loss and metrics; `None` means 1.

    Raises:
        UserError: if texts and labels are not equally many.
    """

    def __init__(self, x: TextStore, y: np.ndarray, weight: np.ndarray | None = None):
        if len(x) != len(y):
            raise UserError(
                f"texts and labels must be equally many, received {len(x)} and {len(y)}"
            )
        self.x, self.y, self.weight = x, np.asarray(y, np.int32), weight

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]]) -> TextExamples:
        """Build examples of `(text, class index)`; an iterator is read once."""
        labels = array("i")

        def texts() -> Iterator[str]:
            for text, label in pairs:
                labels.append(label)
                yield text

        return cls(TextStore.of(texts()), np.array(labels, np.int32))

    def __len__(self) -> int:
        return len(self.y)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return texts, class indices and weights, if there are any, of the examples at
        `indices`.
        """
        texts = np.array([self.x[index] for index in indices], dtype=object)
        weight = () if self.weight is None else (self.weight[indices],)
        return texts, self.y[indices], *weight

    def select(self, indices: np.ndarray) -> TextExamples:
        """Return the examples at `indices`."""
        weight = None if self.weight is None else self.weight[indices]
        return TextExamples(self.x.select(indices), self.y[indices], weight)


def store_token_ids(rows: Iterable[np.ndarray], size: int) -> Ragged:
    """Gather the token ids of texts; those of large texts are kept on disk.

    Args:
        rows: `(tokens,)` of each text, read once.
        size: size of all texts in bytes.

    Returns:
        A row for each text, int32.
    """
    if size <= _IN_MEMORY:
        return Ragged.of(rows)
    offsets = array("q", [0])
    with tempfile.TemporaryFile(buffering=_BUFFER) as file:
        for row in rows:
            file.write(row.astype(np.int32, copy=False).tobytes())
            offsets.append(offsets[-1] + len(row))
        file.flush()
        values = np.memmap(file, np.int32, "r") if offsets[-1] else np.zeros(0, np.int32)
    return Ragged(values, np.frombuffer(offsets, np.int64))
