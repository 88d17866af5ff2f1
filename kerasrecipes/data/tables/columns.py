"""Encoding of the columns of a table as features: numbers as they are, words one-hot, dates as
days and turns of the year.

An encoding is fitted on training rows only. It is written beside the model, and needs nothing but
NumPy when rows are answered later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from kerasrecipes.data import dates
from kerasrecipes.data.tables.kinds import ColumnKind, read

# Features that a column of words may become; rarer words are encoded as zeros.
MOST_CATEGORIES = 100
_NO = {"number": "a number", "date": "a date like the others", "boolean": "yes or no"}


@dataclass(frozen=True, kw_only=True)
class EncodedColumn:
    """Encoding of a column, fitted on training rows.

    Args:
        name: of the column.
        kind: a number stays one feature, a word is one-hot, a date days and turns.
        missing: whether a feature indicates missing cells, as the training rows have some.
        mean: of the training rows' numbers or dates, by which missing ones are imputed.
        words: of which each is a feature.
        cycles: of which a date has two features each: `year`, `week`, `day`.
    """

    name: str
    kind: Literal["number", "word", "date"]
    missing: bool = False
    mean: float = 0.0
    words: tuple[str, ...] = ()
    cycles: tuple[str, ...] = ()


def fit(
    columns: Mapping[str, np.ndarray], kinds: Mapping[str, ColumnKind] | None = None
) -> tuple[list[EncodedColumn], list[str]]:
    """Fit an encoding on training rows.

    A column of numbers stays one feature; a missing cell is imputed by the mean, and where the
    training rows have any, a second feature indicates them. A column of words is one-hot, with one
    more feature for missing cells where the training rows have any; a word that was not seen in
    training gives zeros. A date is the number of days since 1970, and where it is in the year, the
    week and the day, as far as the training rows show these.

    Args:
        columns: training rows by column name, float64 with NaN or objects with `None`.
        kinds: of the columns, where the source knows them.

    Returns:
        The encoding, an entry per column that is used; and a sentence for each column that is not.
    """
    encoding: list[EncodedColumn] = []
    notes: list[str] = []
    for name, values in columns.items():
        kind = (kinds or {}).get(name)
        if kind is not None and kind.kind == "date":
            entry = _fit_numbers(name, values)
            if not isinstance(entry, str):
                cycles = dates.cycles(values[~np.isnan(values)], kind.date_format)
                entry = replace(entry, kind="date", cycles=tuple(cycles))
        elif values.dtype.kind == "f":
            entry = _fit_numbers(name, values)
        else:
            # What the user calls categories are some, however many.
            entry = _fit_words(name, values, kind is not None)
        if isinstance(entry, str):
            notes.append(entry)
        else:
            encoding.append(entry)
    return encoding, notes


def encode(columns: Mapping[str, np.ndarray], encoding: Sequence[EncodedColumn]) -> np.ndarray:
    """Encode rows as numbers.

    Args:
        columns: rows by column name, of the kinds that the encoding was fitted on.
        encoding: what `fit` gave.

    Returns:
        `(rows, features)` float32.
    """
    width = len(features(encoding))
    rows = len(columns[encoding[0].name]) if encoding else 0
    encoded, place = np.zeros((rows, width), np.float32), 0
    # Column by column into the result, which is large where there are many rows.
    for entry in encoding:
        part = _ENCODERS[entry.kind](columns[entry.name], entry)
        encoded[:, place : place + part.shape[1]] = part
        place += part.shape[1]
    return encoded


def features(encoding: Sequence[EncodedColumn]) -> list[str]:
    """Return the names of the features that `encode` gives, such as `age` or `city=Lyon`."""
    names = []
    for entry in encoding:
        name, is_word = entry.name, entry.kind == "word"
        names += [f"{name}={word}" for word in entry.words] if is_word else [name]
        names += [f"{name} {part} of {c}" for c in entry.cycles for part in _TURNS]
        names += [f"{name} missing"] if entry.missing else []
    return names


def typed(
    column: Any, entry: EncodedColumn, kind: ColumnKind | None = None
) -> tuple[np.ndarray, dict[int, str]]:
    """Convert a column of text to the kind that its encoding was fitted on.

    Args:
        column: `(rows,)` of text or `None`, an Arrow array or objects.
        entry: the column's entry of an encoding.
        kind: of the column, with its unit and decimal mark; runs of earlier versions have none.

    Returns:
        The column; and by index of the row what was odd about a cell: not a number where one
        belongs, or a word that was not seen in training.
    """
    import pyarrow

    name = entry.name
    array = pyarrow.array(column, pyarrow.string()) if isinstance(column, np.ndarray) else column
    if entry.kind == "word":
        known = {*entry.words, None}
        cells = [_same_word(cell, known) for cell in array.to_pylist()]
        return np.array(cells, dtype=object), {
            row: f"{name}='{cell}' was not seen in training"
            for row, cell in enumerate(cells)
            if cell not in known
        }
    kind = kind or ColumnKind(name, "number")
    values, odd = read(array, kind)
    what = _NO[kind.kind] + (f" in {kind.unit}" if kind.unit else "")
    return values, {
        row: f"{name}='{cell}' is not {what} and counts as missing" for row, cell in odd.items()
    }


def as_fitted(values: np.ndarray, entry: EncodedColumn) -> np.ndarray:
    """Convert a column of numbers or words to the kind that its encoding was fitted on.

    Args:
        values: `(rows,)`, float64 with NaN or objects with `None`.
        entry: the column's entry of an encoding.

    Returns:
        `(rows,)`, float64 with NaN for a number's encoding, else objects with `None`.
    """
    if (values.dtype.kind == "f") == (entry.kind != "word"):
        return values
    # NaN is the one value that differs from itself.
    cells = [None if cell is None or cell != cell else str(cell) for cell in values]
    return typed(np.array(cells, dtype=object), entry)[0]


def _fit_numbers(name: str, values: np.ndarray) -> EncodedColumn | str:
    present = values[~np.isnan(values)]
    if len(present) == 0:
        return f"column '{name}' is empty and was left out"
    return EncodedColumn(
        name=name,
        kind="number",
        mean=float(present.mean()),
        missing=bool(len(present) < len(values)),
    )


def _fit_words(name: str, values: np.ndarray, known: bool = False) -> EncodedColumn | str:
    present = [value for value in values if value is not None]
    words, counts = np.unique(np.array(present, dtype=str), return_counts=True)
    if len(words) == 0:
        return f"column '{name}' is empty and was left out"
    if len(words) > 20 and len(words) > len(present) / 2 and not known:
        counted = f"{len(words)} different words in {len(present)} rows"
        return f"column '{name}' was left out: {counted} tell rows apart, not kinds"
    # Sorted by name, so that the order of features does not depend on the counts.
    frequent = sorted(words[np.argsort(-counts, kind="stable")][:MOST_CATEGORIES].tolist())
    missing = len(present) < len(values)
    return EncodedColumn(name=name, kind="word", words=tuple(frequent), missing=missing)


def _encode_numbers(values: np.ndarray, entry: EncodedColumn) -> np.ndarray:
    missing = np.isnan(values)
    filled = np.where(missing, entry.mean, values)[:, None]
    return np.concatenate([filled, missing[:, None]], axis=1) if entry.missing else filled


def _encode_words(values: np.ndarray, entry: EncodedColumn) -> np.ndarray:
    position: dict[str | None, int] = {word: number for number, word in enumerate(entry.words)}
    if entry.missing:
        position[None] = len(position)
    encoded = np.zeros((len(values), len(position)), dtype=np.float32)
    columns = np.array([position.get(value, -1) for value in values], int)
    known = np.flatnonzero(columns >= 0)
    encoded[known, columns[known]] = 1
    return encoded


def _encode_dates(values: np.ndarray, entry: EncodedColumn) -> np.ndarray:
    filled = np.where(np.isnan(values), entry.mean, values)
    turns = [dates.turns(filled, cycle) for cycle in entry.cycles]
    missing = [np.isnan(values)[:, None]] if entry.missing else []
    return np.concatenate([filled[:, None], *turns, *missing], axis=1)


_ENCODERS = {"number": _encode_numbers, "word": _encode_words, "date": _encode_dates}
_TURNS = ("sine", "cosine")


def _same_word(cell: str | None, known: set[str | None]) -> str | None:
    """Return a category as the training spelled it, such as `1` for `1.0`; else the cell."""
    if cell is None or cell in known:
        return cell
    return cell.removesuffix(".0") if cell.removesuffix(".0") in known else cell
