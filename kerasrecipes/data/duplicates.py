"""The same examples in training and test, which make a score look better than it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np

from kerasrecipes.data.examples import Arrays, leaves
from kerasrecipes.recipe import SPLITS

# Odd numbers of 64 bits, by which a product spreads what differs over all bits.
_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))


def duplicates_note(parts: Mapping[str, Arrays], what: str = "row") -> list[str]:
    """Return a note for each split with rows that are also in training, inputs and label alike.

    Args:
        parts: rows of the splits by name, columns of numbers or of words, or arrays.
        what: a row is, for the note.
    """
    if not all(len(parts[name]) for name in ("train", "test")):
        return []
    return notes_of({name: row_hashes(parts[name]) for name in SPLITS}, what)


def notes_of(hashes: Mapping[str, np.ndarray], what: str) -> list[str]:
    """Return a note for each split with hashes that the training split has as well.

    Args:
        hashes: of the examples of each split, `(examples,)`.
        what: an example is, for the note.
    """
    notes: list[str] = []
    known = np.sort(hashes["train"])
    if not len(known):
        return []
    for name in SPLITS[1:]:
        # Several times as fast as `np.isin`, which sorts both together.
        places = np.searchsorted(known, hashes[name])
        found = known[np.minimum(places, len(known) - 1)] == hashes[name]
        count = int(found.sum())
        if count:
            share = 100 * count / len(hashes[name])
            are = f"{count:,} {what}s" if count > 1 else f"1 {what}"
            notes.append(
                f"{are} of {len(hashes[name]):,} in {name} ({share:.0f} %) "
                f"{'are' if count > 1 else 'is'} also in train, and easy to get right"
            )
    return notes


def value_hashes(values: Iterable[Hashable]) -> np.ndarray:
    """Return a number of each value, `(values,)` int64, the same in one process only.

    Args:
        values: that tell examples apart, such as their words.
    """
    return np.fromiter(map(hash, values), np.int64)


def file_hashes(parts: Mapping[str, Sequence[str]]) -> dict[str, np.ndarray]:
    """Return a number of each file's content, by split.

    Args:
        parts: files of each split. Only those are read that are as long as a file of training.
    """
    sizes = {name: [_size(path) for path in paths] for name, paths in parts.items()}
    others = {size for name in sizes if name != "train" for size in sizes[name]}
    shared = others & set(sizes.get("train", ()))
    return {
        name: value_hashes(
            _content(path) if size in shared else (name, path)
            for path, size in zip(paths, sizes[name], strict=True)
        )
        for name, paths in parts.items()
    }


def _size(path: str) -> int:
    try:
        return os.path.getsize(path)
    except OSError:
        return -1


def _content(path: str) -> bytes | str:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return path


def row_hashes(rows: Arrays) -> np.ndarray:
    """Return a number of each row that differs, but for chance, where rows differ.

    Args:
        rows: examples that lie in memory, whose columns are `(rows,)` or arrays of several axes.

    Returns:
        `(rows,)` uint64, the same in one process only.
    """
    total = np.zeros(len(rows), np.uint64)
    for column in leaves(rows.columns[:2]):
        if column.dtype.kind == "O":
            codes = np.fromiter(map(hash, column), np.int64, len(column)).view(np.uint64)
        elif column.ndim == 1:
            # Missing numbers have many patterns of bits, and the two zeros have two.
            codes = (np.nan_to_num(column.astype(np.float64), nan=-9.87e300) + 0.0).view(np.uint64)
        else:
            flat = np.ascontiguousarray(column).reshape(len(column), -1)
            codes = np.fromiter((hash(row.tobytes()) for row in flat), np.int64, len(flat))
            codes = codes.view(np.uint64)
        total = (total ^ codes) * _FACTORS[0]
        total ^= total >> np.uint64(29)
        total *= _FACTORS[1]
    return total
