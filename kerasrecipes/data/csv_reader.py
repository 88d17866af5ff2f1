"""CSV files, whatever their delimiter, with a header or without.

`read` gives a whole table by Apache Arrow, every cell as text; what a column holds is decided
afterwards. `sample_rows`, `guess_delimiter` and `guess_header` look at the beginning of a file.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasrecipes.data import dates, numerals
from kerasrecipes.data.files import Utf8Stream, first_bytes, shown
from kerasrecipes.errors import UserError

if TYPE_CHECKING:
    import pyarrow

# In order of preference: of those that fit equally well, the first is taken.
DELIMITERS = ",;\t|"
MISSING = frozenset(["", "?", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "."])
_SAMPLE = 64 * 1024  # characters that are looked at to guess the delimiter
_SAMPLE_ROWS = 200
# Bytes that are parsed at a time, and, where a row is longer, the most that a row may have.
_BLOCK, _LARGEST_ROW = 2**20, 2**26


@dataclass(frozen=True)
class Cells:
    """A table as it stands in a file.

    Args:
        arrays: text of each column, an Arrow array of `(rows,)`, null where a cell is missing.
        names: the names in the header; `None` where the file has none.
        notes: sentences for the user on how it was read.
        decimal: the decimal mark that such files have where both would do.
    """

    arrays: list[pyarrow.ChunkedArray]
    names: list[str] | None
    notes: tuple[str, ...] = ()
    decimal: str = "."

    @cached_property
    def columns(self) -> list[np.ndarray]:
        """Text of each column, `(rows,)` objects, `None` where a cell is missing."""
        return [words(array) for array in self.arrays]

    def __len__(self) -> int:
        return len(self.arrays[0])


def read(
    source: str | bytes, header: bool | None = None, known: frozenset[str] = frozenset()
) -> Cells:
    """Read a CSV file as a table.

    Args:
        source: its path, or its content.
        header: whether the first row holds names; by default that is judged by the cells.
        known: lower-case names of which at least one in the first row shows that it is a header;
            where they are given, nothing else does.

    Returns:
        The columns as text, without the header, and the names if the first row holds them.

    Raises:
        UserError: if it cannot be read as a table.
    """
    name = shown(source)
    head = first_bytes(source, _SAMPLE)
    if b"\n" not in head and b"\r" not in head:
        head = first_bytes(source, _LARGEST_ROW)  # one row, or the beginning of a long one
    sample = head.decode("utf-8", "ignore")
    if not sample.strip():
        raise UserError(f"{name} is empty")
    delimiter = guess_delimiter(sample[:_SAMPLE])
    with _long_cells():
        # Empty lines are no rows, for Arrow neither.
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        width = len(next(filter(None, rows), [""]))
    arrays = _arrays(source, name, delimiter, width)
    looked_at = [array[: _SAMPLE_ROWS + 1].to_pylist() for array in arrays]
    first = [column[0] for column in looked_at if column]
    if header is None:
        if known:
            header = bool(known & {_clean(cell).lower() for cell in first})
        else:
            header = guess_header(first, [column[1:] for column in looked_at])
    if not header:
        return Cells(arrays, None, (), _decimal(delimiter))
    names, notes = unique_names(first)
    return Cells([array[1:] for array in arrays], names, tuple(notes), _decimal(delimiter))


def words(array: pyarrow.Array | pyarrow.ChunkedArray) -> np.ndarray:
    """Return the text of a column as objects, `(rows,)`, `None` where a cell is missing.

    Equal cells are one object, so that a column of few words takes little memory.
    """
    import pyarrow

    if isinstance(array, pyarrow.ChunkedArray):
        array = array.combine_chunks()
    encoded = array.dictionary_encode()
    different = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
    return different[encoded.indices.fill_null(len(different) - 1).to_numpy()]


def counts(array: pyarrow.Array | pyarrow.ChunkedArray) -> dict[str, int]:
    """Return how often each cell of a column occurs, in the order of their first; missing cells do
    not count.
    """
    found = array.value_counts()
    pairs = zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True)
    return {cell: count for cell, count in pairs if cell is not None}


def numbers(column: Iterable[str | None]) -> np.ndarray | None:
    """Convert a column of text to numbers.

    Args:
        column: `(rows,)` of text or `None`.

    Returns:
        `(rows,)` float64 with NaN where a cell is missing or infinite; `None` if a cell is not
        a number.
    """
    try:
        values = np.array([np.nan if cell is None else float(cell) for cell in column], dtype=float)
    except ValueError:
        return None
    # Python's `float` reads `inf` and `infinity` as well.
    return np.where(np.isfinite(values), values, np.nan)


def sample_rows(sample: str, delimiter: str, *, quoted: bool = True) -> list[list[str]]:
    """Return the cells of the first rows, at most 200.

    Args:
        sample: the beginning of a file; if it is long, its last row may be incomplete and is left
            out.
        delimiter: what divides the cells of a row.
        quoted: whether quotation marks enclose cells; else they are part of the text.
    """
    reader = csv.reader(
        io.StringIO(sample, newline=""),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
    )
    rows: list[list[str]] = []
    try:
        with _long_cells():
            for row in reader:
                if any(cell.strip() for cell in row):
                    rows.append(row)
                if len(rows) > _SAMPLE_ROWS:
                    return rows[:-1]
    except csv.Error:
        pass
    return rows[:-1] if len(rows) > 2 and len(sample) >= _SAMPLE // 4 else rows


def guess_delimiter(sample: str, *, sentences: bool = False) -> str:
    """Return the character that divides the first rows into equally many cells.

    Args:
        sample: the beginning of a file.
        sentences: whether cells hold sentences, in which commas divide nothing: of several
            characters that fit, the one that makes the fewest cells is taken, else the most.
    """

    def merit(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in sample_rows(sample, delimiter)]
        cells = counts[0] if counts else 1
        # Rows of one cell each agree for any character, and show nothing.
        alike = sum(count == cells for count in counts) if cells > 1 else 0
        return alike, -cells if sentences else cells

    return max(DELIMITERS, key=merit)


def guess_header(
    first: Sequence[str | None],
    below: Sequence[Collection[str | None]],
    *,
    known: Collection[str] = (),
    longest: int | None = None,
) -> bool:
    """Return whether the first row of a table holds names.

    It does if it has a known name; or text above every column of numbers; or, where no column holds
    numbers, words that never come again below, while others do.

    Args:
        first: cells of the first row.
        below: of each column, the cells of the other rows.
        known: lower-case names of which one is enough.
        longest: most characters of a name in a table without numbers; `None` is any.
    """
    if any(_clean(cell).lower() in known for cell in first):
        return True
    numeric = [cell for cell, column in zip(first, below, strict=True) if _is_numeric(column)]
    if numeric:
        return any(numeric) and not any(map(_is_number, numeric))
    names = [cell for cell in first if cell and not _is_number(cell)]
    fresh = all(cell not in column for cell, column in zip(first, below, strict=True))
    repeated = any(len(set(column)) < len(column) for column in below)
    short = longest is None or max(map(len, names), default=0) <= longest
    return fresh and repeated and short and len(set(names)) == len(first)


def unique_names(cells: Iterable[str | None]) -> tuple[list[str], list[str]]:
    """Return different names of the columns, and notes on those that were not.

    Args:
        cells: of the header.
    """
    names: list[str] = []
    notes = []
    for number, cell in enumerate(cells, 1):
        name = clean = _clean(cell) or f"column_{number}"
        while name in names:
            name += "_"
        if name != clean:
            notes.append(f"the name '{clean}' comes again: column {number} is read as '{name}'")
        names.append(name)
    return names, notes


def swallowed(cell: str, delimiter: str, width: int) -> bool:
    """Return whether a cell holds whole rows, which a quotation mark swallows that nothing closes.

    Args:
        cell: of several lines.
        delimiter: what divides the cells of a row.
        width: cells of a row.
    """
    inner = cell.splitlines()[1:-1]
    return width > 1 and bool(inner) and all(line.count(delimiter) == width - 1 for line in inner)


@contextmanager
def _long_cells() -> Iterator[None]:
    """Let Python's reader take cells of any length, as Arrow does."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _decimal(delimiter: str) -> str:
    # Spreadsheets divide cells by semicolons where the comma is the decimal mark.
    return "," if delimiter == ";" else "."


def _arrays(
    source: str | bytes, name: str, delimiter: str, width: int
) -> list[pyarrow.ChunkedArray]:
    """Read all rows, block by block; a row that is longer than a block is read in larger ones."""
    import pyarrow

    try:
        try:
            return _columns(source, name, delimiter, width, _BLOCK)
        except pyarrow.ArrowInvalid as error:
            if "straddling" not in str(error):
                raise
        return _columns(source, name, delimiter, width, _LARGEST_ROW)
    except pyarrow.ArrowInvalid as error:
        reason = " ".join(str(error).removeprefix("CSV parse error: ").split())
        if "straddling" in reason or "quot" in reason:
            reason = "a quotation mark opens a cell that does not end"
        raise UserError(f"cannot read the table {name}: {reason[:160]}") from None


def _columns(
    source: str | bytes, name: str, delimiter: str, width: int, block: int
) -> list[pyarrow.ChunkedArray]:
    import pyarrow
    import pyarrow.csv

    invalid: list[Any] = []

    def refuse(row: Any) -> str:
        # Arrow loses what is raised here.
        invalid.append(row)
        return "error"

    names = [f"f{number}" for number in range(width)]
    stream = Utf8Stream(source)
    found: list[list[Any]] = [[] for _ in names]
    rows = 0
    try:
        reader = pyarrow.csv.open_csv(
            io.BufferedReader(stream, block),
            # The first row is read as data; `read` judges afterwards whether it holds names. In
            # one thread, as others would read many blocks ahead.
            pyarrow.csv.ReadOptions(column_names=names, block_size=block, use_threads=False),
            pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse
            ),
            # Left to itself, Arrow would infer types and missing cells from the text.
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pyarrow.string()),
                null_values=[],
                strings_can_be_null=False,
            ),
        )
        for batch in reader:
            for chunks, column in zip(found, batch.columns, strict=True):
                _refuse_open_quote(column, rows, name, delimiter, width)
                chunks.append(_cleaned(column))
            rows += len(batch)
    except pyarrow.ArrowInvalid:
        if not invalid:
            raise
        row = invalid[0]
        text = " ".join(row.text[:80].split())
        raise UserError(
            f"cannot read the table {name}: row {row.number} has {row.actual_columns} cells and "
            f"the first {row.expected_columns}: {text}"
        ) from None
    if stream.quotes % 2 and rows:
        _refuse_unclosed_end(batch.columns, name)
    return [pyarrow.chunked_array(chunks, pyarrow.string()) for chunks in found]


def _cleaned(column: pyarrow.Array) -> pyarrow.Array:
    """Return cells without spaces around them, null where one says that it is missing."""
    import pyarrow
    import pyarrow.compute as compute

    trimmed = compute.utf8_trim_whitespace(column)
    missing = compute.is_in(compute.utf8_lower(trimmed), pyarrow.array(sorted(MISSING)))
    return compute.if_else(missing, None, trimmed)


def _refuse_open_quote(
    column: pyarrow.Array, begin: int, name: str, delimiter: str, width: int
) -> None:
    """Refuse cells that hold whole rows, which a quotation mark swallows that nothing closes."""
    import pyarrow.compute as compute

    if width < 2:
        return
    for row in compute.indices_nonzero(compute.match_substring(column, "\n")).to_pylist():
        if swallowed(column[row].as_py(), delimiter, width):
            raise UserError(
                f"cannot read the table {name}: a quotation mark in row {begin + row + 1} is not "
                "closed, and makes one cell of rows below"
            )


def _refuse_unclosed_end(columns: Sequence[pyarrow.Array], name: str) -> None:
    if any("\n" in (column[-1].as_py() or "") for column in columns if len(column)):
        raise UserError(
            f"cannot read the table {name}: a quotation mark in its last row is not closed"
        )


def _is_number(cell: str | None) -> bool:
    return cell is not None and bool(numerals.attempt({cell: 1}).numbers)


def _is_numeric(cells: Collection[str | None]) -> bool:
    found = Counter(cell for cell in cells if cell is not None)
    if not found:
        return False
    # Dates are no names either.
    return numerals.read(found) is not None or dates.format_of(list(found)) is not None


def _clean(cell: str | None) -> str:
    return " ".join((cell or "").split())
