"""Tables of text cells from CSV files, whatever their delimiter, with a header or without.

The file is read by Apache Arrow, every cell as text; what a column holds is decided afterwards.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kerasrecipes.errors import UserError

DELIMITERS = ",;\t|"
MISSING = frozenset(["", "?", "na", "n/a", "#n/a", "nan", "-nan", "null", "none", "nil", "."])
_SAMPLE = 64 * 1024


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
    """Read a CSV file.

    Args:
        source: its path, or its content.
        header: whether the first row holds names; by default that is judged by the cells.
        known: lower-case names of which at least one in the first row shows that it is a header;
            where they are given, nothing else does.

    Raises:
        UserError: if it cannot be read as a table.
    """
    name, content = _content(source)
    text = _decoded(content, name)
    delimiter = _delimiter(text)
    columns = _parse(text, delimiter, name)
    if delimiter == ";":
        columns = [_decimal_points(column) for column in columns]
    first = [column[0] for column in columns]
    if header is None:
        header = (
            bool(known & {_clean(cell).lower() for cell in first})
            if known
            else _has_header(columns)
        )
    if header:
        columns = [column[1:] for column in columns]
    return Cells(columns, _unique_names(first) if header else None)


def numbers(column: np.ndarray) -> np.ndarray | None:
    """Read a column as numbers.

    Args:
        column: `(rows,)` of text or `None`.

    Returns:
        `(rows,)` float64 with NaN where a cell is missing or infinite; `None` if a cell is no
        number.
    """
    try:
        values = np.array([np.nan if cell is None else float(cell) for cell in column], dtype=float)
    except ValueError:
        return None
    return np.where(np.isfinite(values), values, np.nan)


def _content(source: str | bytes) -> tuple[str, bytes]:
    if isinstance(source, bytes):
        return "standard input", source
    try:
        return str(source), Path(source).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the table {source}: {error.strerror or error}") from None


def _decoded(content: bytes, name: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\x00" in content[:_SAMPLE]:
        raise UserError(f"{name} is not a CSV file: it holds binary data")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """Choose the character that divides the first rows into equally many cells, the more the
    better.
    """
    lines = [line for line in text[:_SAMPLE].splitlines()[:20] if line.strip()]

    def merit(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in csv.reader(lines, delimiter=delimiter)]
        cells = counts[0] if counts else 1
        return (sum(count == cells for count in counts) if cells > 1 else 0, cells)

    return max(DELIMITERS, key=merit)


def _parse(text: str, delimiter: str, name: str) -> list[np.ndarray]:
    import pyarrow
    import pyarrow.csv

    sample = next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
    kinds = {f"f{number}": pyarrow.string() for number in range(len(sample))}
    try:
        table = pyarrow.csv.read_csv(
            io.BytesIO(text.encode()),
            read_options=pyarrow.csv.ReadOptions(autogenerate_column_names=True),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=delimiter, newlines_in_values='"' in text
            ),
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
    """Turn `3,5` into `3.5` in a column of such numbers, as European spreadsheets write them."""
    present = [cell for cell in column[1:] if cell is not None]
    if not present or not all(
        re.fullmatch(r"[+-]?\d+(,\d+)?(e[+-]?\d+)?", cell, re.I) for cell in present
    ):
        return column
    return np.array(
        [cell if cell is None else cell.replace(",", ".") for cell in column], dtype=object
    )


def _has_header(columns: list[np.ndarray]) -> bool:
    """Judge whether the first row holds names: text above numbers, or else words that never come
    again.
    """
    numeric = [column for column in columns if len(column) > 1 and _is_numeric(column[1:])]
    if numeric:
        return all(column[0] is None or numbers(column[:1]) is None for column in numeric) and any(
            column[0] is not None for column in numeric
        )
    first = [column[0] for column in columns]
    fresh = all(column[0] is not None and column[0] not in set(column[1:]) for column in columns)
    repeated = any(len(set(column[1:])) < len(column) - 1 for column in columns)
    return (
        fresh
        and repeated
        and len(set(first)) == len(first)
        and all(numbers(column[:1]) is None for column in columns)
    )


def _is_numeric(column: np.ndarray) -> bool:
    return any(cell is not None for cell in column) and numbers(column) is not None


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
