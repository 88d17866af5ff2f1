"""Many texts in constant memory: one file on disk, of which the operating system holds what is
read.
"""

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
_IN_MEMORY = 2**26  # bytes of text above which their tokens lie on disk as well


class TextStore(Sequence):
    """Texts one after another in a temporary file, which is gone with the last that uses it.

    Args:
        content: UTF-8 of all texts.
        begins: `(texts,)`, where each begins.
        ends: `(texts,)`, where each ends.
    """

    def __init__(self, content: Any, begins: np.ndarray, ends: np.ndarray):
        self.content, self.begins, self.ends = content, begins, ends

    @classmethod
    def of(cls, texts: Iterable[str]) -> TextStore:
        """Write texts down; an iterator is read once."""
        offsets = array("q", [0])
        with tempfile.TemporaryFile(buffering=_BUFFER) as file:
            for text in texts:
                offsets.append(offsets[-1] + file.write(text.encode("utf-8", "replace")))
            file.flush()
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if offsets[-1] else b""
        places = np.frombuffer(offsets, np.int64)
        return cls(content, places[:-1], places[1:])

    @property
    def size(self) -> int:
        """Bytes of all texts."""
        return int((self.ends - self.begins).sum())

    def __len__(self) -> int:
        return len(self.begins)

    def __getitem__(self, number: int) -> str:
        return self.content[self.begins[number] : self.ends[number]].decode("utf-8")

    def __iter__(self) -> Iterator[str]:
        return (self[number] for number in range(len(self)))

    def select(self, numbers: np.ndarray) -> TextStore:
        """Make a collection of only the texts with these numbers; nothing is copied."""
        return TextStore(self.content, self.begins[numbers], self.ends[numbers])


class Texts(Examples):
    """Labelled texts.

    Args:
        x: the texts.
        y: `(texts,)`, their class numbers.

    Raises:
        UserError: if they differ in number.
    """

    def __init__(self, x: TextStore, y: np.ndarray):
        if len(x) != len(y):
            raise UserError(
                f"texts and labels must be equally many, received {len(x)} and {len(y)}"
            )
        self.x, self.y = x, np.asarray(y, np.int32)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]]) -> Texts:
        """Write texts down with their class numbers; an iterator is read once."""
        labels = array("i")

        def texts() -> Iterator[str]:
            for text, label in pairs:
                labels.append(label)
                yield text

        return cls(TextStore.of(texts()), np.array(labels, np.int32))

    def __len__(self) -> int:
        return len(self.y)

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Give texts and class numbers."""
        return np.array([self.x[number] for number in numbers], dtype=object), self.y[numbers]

    def select(self, numbers: np.ndarray) -> Texts:
        """Make a collection of only the texts with these numbers."""
        return Texts(self.x.select(numbers), self.y[numbers])


def numbered(rows: Iterable[np.ndarray], size: int) -> Ragged:
    """Put the token numbers of texts together; those of large texts on disk.

    Args:
        rows: the numbers of each text, read once.
        size: bytes of all texts.
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
