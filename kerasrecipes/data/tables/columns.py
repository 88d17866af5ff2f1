"""Encoding of the columns of a table as features: numbers as they are, words one-hot.

An encoding is fitted on training rows only. It is plain JSON-able data, written beside the model,
and needs nothing but NumPy when rows are answered later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasrecipes.data.csv_reader import numbers

# Features that a column of words may become; rarer words are encoded as zeros.
MOST_CATEGORIES = 100


def fit(columns: Mapping[str, np.ndarray]) -> tuple[list[dict[str, Any]], list[str]]:
    """Fit an encoding on training rows.

    A column of numbers stays one feature; a missing cell is imputed by the mean, and where the
    training rows have any, a second feature indicates them. A column of words is one-hot, with one
    more feature for missing cells where the training rows have any; a word that was not seen in
    training gives zeros.

    Args:
        columns: training rows by column name, float64 with NaN or objects with `None`.

    Returns:
        The encoding, an entry per column that is used; and a sentence for each column that is not.
    """
    encoding, notes = [], []
    for name, values in columns.items():
        entry = _fit_numbers(name, values) if values.dtype.kind == "f" else _fit_words(name, values)
        if isinstance(entry, str):
            notes.append(entry)
        else:
            encoding.append(entry)
    return encoding, notes


def encode(columns: Mapping[str, np.ndarray], encoding: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Encode rows as numbers.

    Args:
        columns: rows by column name, of the kinds that the encoding was fitted on.
        encoding: what `fit` gave.

    Returns:
        `(rows, features)` float32.
    """
    parts = [_ENCODERS[entry["kind"]](columns[entry["name"]], entry) for entry in encoding]
    return np.concatenate(parts, axis=1, dtype=np.float32, casting="same_kind")


def features(encoding: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the features that `encode` gives, such as `age` or `city=Lyon`."""
    names = []
    for entry in encoding:
        words = entry.get("words")
        names += [entry["name"]] if words is None else [f"{entry['name']}={word}" for word in words]
        names += [f"{entry['name']} missing"] if entry["missing"] else []
    return names


def typed(column: np.ndarray, entry: Mapping[str, Any]) -> tuple[np.ndarray, dict[int, str]]:
    """Convert a column of text to the kind that its encoding was fitted on.

    Args:
        column: `(rows,)` of text or `None`.
        entry: the column's entry of an encoding.

    Returns:
        The column; and by index of the row what was odd about a cell: not a number where one
        belongs, or a word that was not seen in training.
    """
    if entry["kind"] == "word":
        known = {*entry["words"], None}
        canonical = [_same_word(cell, known) for cell in column]
        odd = {
            row: f"{entry['name']}='{cell}' was not seen in training"
            for row, cell in enumerate(canonical)
            if cell not in known
        }
        return np.array(canonical, dtype=object), odd
    values, odd = np.full(len(column), np.nan), {}
    for row, cell in enumerate(column):
        # Cell by cell, so that the ones that are not numbers can be named.
        parsed = numbers(np.array([cell], dtype=object))
        if parsed is None:
            odd[row] = f"{entry['name']}='{cell}' is not a number and counts as missing"
        else:
            values[row] = parsed[0]
    return values, odd


def as_fitted(values: np.ndarray, entry: Mapping[str, Any]) -> np.ndarray:
    """Convert a column of numbers or words to the kind that its encoding was fitted on.

    Args:
        values: `(rows,)`, float64 with NaN or objects with `None`.
        entry: the column's entry of an encoding.

    Returns:
        `(rows,)`, float64 with NaN for a number's encoding, else objects with `None`.
    """
    if (values.dtype.kind == "f") == (entry["kind"] == "number"):
        return values
    # NaN is the one value that differs from itself.
    cells = [None if cell is None or cell != cell else str(cell) for cell in values]
    return typed(np.array(cells, dtype=object), entry)[0]


def _fit_numbers(name: str, values: np.ndarray) -> dict[str, Any] | str:
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return f"column '{name}' is empty and was left out"
    return {
        "name": name,
        "kind": "number",
        "mean": float(present.mean()),
        "missing": bool(len(present) < len(values)),
    }


def _fit_words(name: str, values: np.ndarray) -> dict[str, Any] | str:
    present = [value for value in values if value is not None]
    words, counts = np.unique(np.array(present, dtype=str), return_counts=True)
    if len(words) == 0:
        return f"column '{name}' is empty and was left out"
    if len(words) > 20 and len(words) > len(present) / 2:
        counted = f"{len(words)} different words in {len(present)} rows"
        return f"column '{name}' was left out: {counted} tell rows apart, not kinds"
    # Sorted by name, so that the order of features does not depend on the counts.
    frequent = sorted(words[np.argsort(-counts, kind="stable")][:MOST_CATEGORIES].tolist())
    return {"name": name, "kind": "word", "words": frequent, "missing": len(present) < len(values)}


def _encode_numbers(values: np.ndarray, entry: Mapping[str, Any]) -> np.ndarray:
    missing = np.isnan(values)
    filled = np.where(missing, entry["mean"], values)[:, None]
    return np.concatenate([filled, missing[:, None]], axis=1) if entry["missing"] else filled


def _encode_words(values: np.ndarray, entry: Mapping[str, Any]) -> np.ndarray:
    position = {word: number for number, word in enumerate(entry["words"])}
    if entry["missing"]:
        position[None] = len(position)
    encoded = np.zeros((len(values), len(position)), dtype=np.float32)
    for row, value in enumerate(values):
        if value in position:
            encoded[row, position[value]] = 1
    return encoded


_ENCODERS = {"number": _encode_numbers, "word": _encode_words}


def _same_word(cell: str | None, known: set[str | None]) -> str | None:
    """Return a category as the training spelled it, such as `1` for `1.0`; else the cell."""
    if cell is None or cell in known:
        return cell
    return cell.removesuffix(".0") if cell.removesuffix(".0") in known else cell
