"""Columns of a CSV file as numbers, times and names, read block by block.

No more than a block is in memory as text: of ten million rows there are ten million numbers.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from kerasrecipes.data import csv_reader, dates
from kerasrecipes.data.files import Utf8Stream, first_bytes, shown
from kerasrecipes.errors import UserError

if TYPE_CHECKING:
    import pyarrow

SAMPLE = 2**19  # bytes of the beginning of a file, by which its columns are judged
_BLOCK = 2**20

Kind = Literal["number", "words"] | str  # else the format of times
_MISSING = sorted(
    {form for word in csv_reader.MISSING for form in (word, word.upper(), word.title())}
)


class Words(NamedTuple):
    """A column of words.

    Args:
        codes: `(rows,)`, index of each row's word.
        words: the different ones, in the order of their first; a missing cell is empty.
    """

    codes: np.ndarray
    words: list[str]


def beginning(source: str | bytes) -> bytes:
    """Return whole rows of the beginning of a file.

    Args:
        source: its path, or its content.
    """
    head = first_bytes(source, SAMPLE)
    return head[: head.rfind(b"\n") + 1] or head if len(head) >= SAMPLE else head


def read(
    source: str | bytes, width: int, header: bool, kinds: Mapping[int, Kind], decimal: str = "."
) -> dict[int, np.ndarray | Words | None]:
    """Read some columns of a file.

    Args:
        source: its path, or its content.
        width: number of columns.
        header: whether the first row holds names.
        kinds: what each column that is wanted holds: `number`, `words`, or times of a format.
        decimal: the decimal mark of numbers.

    Returns:
        By column: numbers float64, NaN where a cell is missing, or `None` where one is no number;
        times in days since 1970; or `Words`.

    Raises:
        UserError: if the file cannot be read as a table, or a time is none of its format.
    """
    import pyarrow

    found: dict[int, list[Any]] = {number: [] for number in kinds}
    known: dict[int, dict[str, int]] = {number: {} for number in kinds}
    row = 0
    try:
        for batch in _batches(source, width):
            part = batch.slice(1) if header and not row else batch
            for number, kind in kinds.items():
                column = part.column(number)
                if kind == "number":
                    found[number].append(_numbers(column, decimal))
                elif kind == "words":
                    found[number].append(_codes(column, known[number]))
                else:
                    found[number].append(_times(column, kind, row - header * bool(row)))
            row += len(batch)
    except pyarrow.ArrowInvalid as error:
        reason = " ".join(str(error).removeprefix("CSV parse error: ").split())
        raise UserError(f"cannot read the table {shown(source)}: {reason[:160]}") from None
    columns: dict[int, np.ndarray | Words | None] = {}
    for number, kind in kinds.items():
        pieces = found[number]
        whole = None if any(p is None for p in pieces) else np.concatenate([*pieces, pieces[0][:0]])
        columns[number] = whole
        if kind == "words" and whole is not None:
            columns[number] = Words(whole, list(known[number]))
    return columns


def _batches(source: str | bytes, width: int) -> Any:
    import pyarrow
    import pyarrow.csv

    head = first_bytes(source, SAMPLE).decode("utf-8", "ignore")
    names = [f"f{number}" for number in range(width)]
    return pyarrow.csv.open_csv(
        io.BufferedReader(Utf8Stream(source), _BLOCK),
        # In one thread, as others would read many blocks ahead.
        pyarrow.csv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False),
        pyarrow.csv.ParseOptions(delimiter=csv_reader.guess_delimiter(head)),
        pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(names, pyarrow.string()),
            null_values=_MISSING,
            strings_can_be_null=True,
        ),
    )


def _numbers(column: pyarrow.Array, decimal: str) -> np.ndarray | None:
    import pyarrow
    import pyarrow.compute as compute

    column = compute.utf8_trim_whitespace(column)
    if decimal != ".":
        column = compute.replace_substring(column, decimal, ".")
    try:
        values = column.cast(pyarrow.float64())
    except pyarrow.ArrowInvalid:
        return None
    array = values.to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(np.isfinite(array), array, np.nan)


def _times(column: pyarrow.Array, form: str, first: int) -> np.ndarray:
    import pyarrow.compute as compute

    found = dates.days(compute.utf8_trim_whitespace(column), form)
    bad = np.flatnonzero(np.isnan(found))
    if len(bad):
        cell = column[int(bad[0])].as_py()
        what = "a missing cell" if cell is None else f"'{cell[:40]}'"
        row = first + int(bad[0]) + 1
        raise UserError(
            f"the time column does not sort: {what} in row {row:,} is no time of the form {form}"
        )
    return found


def _codes(column: pyarrow.Array, known: dict[str, int]) -> np.ndarray:
    encoded = column.fill_null("").dictionary_encode()
    own: Sequence[str] = [str(word).strip() for word in encoded.dictionary.to_pylist()]
    places = np.array([known.setdefault(word, len(known)) for word in own], np.int32)
    return places[encoded.indices.to_numpy()]
