"""CSV files, whatever their delimiter, with a header or without.

`read` gives a whole table by Apache Arrow, every cell as text; what a column holds is decided
afterwards. `sample_rows`, `guess_delimiter` and `guess_header` look at the beginning of a file.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasrecipes.errors import UserError

# In order of preference: of those that fit equally well, the first is taken.
DELIMITERS = ",;\t|"
MISSING = frozenset(["", "?", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "."])
_SAMPLE = 64 * 1024  # characters that are looked at to guess the delimiter
_SAMPLE_ROWS = 200


@dataclass(frozen=True)
class Cells:
    """A table as it stands in a file.

    Args:
        columns: text of each column, `(rows,)` objects, `None` where a cell is missing.
        names: the names in the header; `None` where the file has none.
    """

    columns: list[np.ndarray]
    names: list[str] | None

    def __len__(self) -> int:
        return len(self.columns[0])


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
    name, content = _content(source)
    text = _decoded(content, name)
    delimiter = guess_delimiter(text[:_SAMPLE])
    columns = _parse(text, delimiter, name)
    # Spreadsheets divide cells by semicolons where the comma is the decimal mark.
    if delimiter == ";":
        columns = [_decimal_points(column) for column in columns]
    first = [column[0] for column in columns]
    if header is None:
        if known:
            header = bool(known & {_clean(cell).lower() for cell in first})
        else:
            header = guess_header(first, [column[1:] for column in columns])
    if header:
        columns = [column[1:] for column in columns]
    return Cells(columns, _unique_names(first) if header else None)


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


def _content(source: str | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "standard input", source
    try:
        return str(source), Path(source).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"cannot read the table {source[:200]}: {reason}") from None


def _decoded(content: bytes, name: str) -> str:
    # Before the search for zero bytes, of which UTF-16 is full.
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\x00" in content[:_SAMPLE]:
        raise UserError(f"{name} is not a CSV file: it holds binary data")
    try:
        # A byte order mark would otherwise begin the name of the first column.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Five bytes have no character in Windows-1252.
        return content.decode("cp1252", errors="replace")


def _parse(text: str, delimiter: str, name: str) -> list[np.ndarray]:
    import pyarrow
    import pyarrow.csv

    sample = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    # Arrow generates the names f0, f1 and so on.
    kinds = {f"f{number}": pyarrow.string() for number in range(len(sample))}
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode()),
            # The first row is read as data; `read` judges afterwards whether it holds names.
            read_options=pyarrow.csv.ReadOptions(autogenerate_column_names=True),
            # Arrow allows line breaks in quoted cells only when told, and then reads more slowly.
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values='"' in text
            ),
            # Left to itself, Arrow would infer types and missing cells from the text.
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=kinds, null_values=[], strings_can_be_null=False
            ),
        )
    except pyarrow.ArrowInvalid as error:
        reason = " ".join(str(error).removeprefix("CSV parse error: ").split())
        raise UserError(f"cannot read the table {name}: {reason[:160]}") from None
    return [
        np.array([_cell(cell) for cell in column.to_pylist()], dtype=object)
        for column in table.columns
    ]


def _cell(text: str) -> str | None:
    text = text.strip()
    return None if text.lower() in MISSING else text


def _decimal_points(column: np.ndarray) -> np.ndarray:
    """Replace `3,5` by `3.5` in a column of such numbers, as European spreadsheets write them."""
    # The first cell may be a name.
    present = [cell for cell in column[1:] if cell is not None]
    if not present or not all(
        re.fullmatch(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?", cell, re.I) for cell in present
    ):
        return column
    return np.array(
        [cell if cell is None else cell.replace(",", ".") for cell in column], dtype=object
    )


def _is_number(cell: str | None) -> bool:
    return cell is not None and numbers([cell]) is not None


def _is_numeric(cells: Collection[str | None]) -> bool:
    return any(cell is not None for cell in cells) and numbers(cells) is not None


def _clean(cell: str | None) -> str:
    return " ".join((cell or "").split())


def _unique_names(cells: list[str | None]) -> list[str]:
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = _clean(cell) or f"column_{number}"
        while name in names:
            name += "_"
        names.append(name)
    return names
