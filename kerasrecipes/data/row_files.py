"""CSV, TSV and JSON lines files row by row, every cell as text, in constant memory.

Cells stand as they are written: `.`, `null` and `NA` are words here, where a table of numbers
(`csv_reader`) takes them for missing.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerasrecipes.data import json_rows, roles
from kerasrecipes.data.csv_reader import (
    guess_delimiter,
    guess_header,
    sample_rows,
    swallowed,
    unique_names,
)
from kerasrecipes.data.files import Utf8Stream, first_bytes
from kerasrecipes.errors import UserError, excerpt

SUFFIXES = (".csv", ".tsv", ".tab", *json_rows.SUFFIXES)
_TABS = (".tsv", ".tab", ".txt", "")  # suffixes of files in which tabs divide cells
_SAMPLE = 2**16  # bytes at the beginning that are looked at
_ROWS = 200  # rows at the beginning that are looked at
_LONGEST_NAME = 30  # characters of a header's cell; longer ones are texts
_LINES_OF_A_TEXT = 3  # of a cell, from which on its lines are looked at as rows
_NAMED = 10  # columns that a note names
_LARGEST_ROW = 2**20  # bytes; Arrow reads ahead by up to 32 blocks of that size


class RowFile:
    """A file with a row for each example.

    Args:
        path: a CSV, TSV or JSON lines file, or a JSON file with a list of objects.
        usual: lower-case names of columns, of which one in the first row shows that it is a header.
        wanted: columns that the user names: but for numbers, they show that there is a header.
        guessed: whether a header of other names is recognised by the cells below it.

    Raises:
        UserError: if the file cannot be read, or has a header only.

    Attributes:
        names: of the columns, `column_1` and so on where there is no header.
        header: whether the first row holds the names.
        cells: the first cells of each column, by name.
        notes: sentences for the user on the rows, complete after iteration.
    """

    def __init__(
        self,
        path: str,
        *,
        usual: Collection[str] = (),
        wanted: Sequence[str] = (),
        guessed: bool = True,
    ):
        self.path = path
        self.notes: list[str] = []
        self.json = Path(path).suffix.lower() in json_rows.SUFFIXES
        sample = first_bytes(path, _SAMPLE).decode("utf-8", "ignore")
        if not sample.strip():
            raise UserError(f"{path} is empty")
        self.header = True
        if self.json:
            rows = list(itertools.islice(json_rows.rows(path), _ROWS))
            if not rows:
                raise UserError(f"{path} is empty")
            self.names = list(dict.fromkeys(name for row in rows for name in row))
            self.cells = {n: [json_rows.word(row.get(n)) for row in rows] for n in self.names}
        else:
            named = {name.lower() for name in wanted if not name.lstrip("-").isdecimal()}
            self._look_at(sample, {*usual, *named}, bool(named), guessed)

    def _look_at(self, sample: str, known: set[str], named: bool, guessed: bool) -> None:
        """Find the delimiter, the header, the names and the first cells."""
        tabs = Path(self.path).suffix.lower() in _TABS and "\t" in sample
        self.delimiter = "\t" if tabs else guess_delimiter(sample, sentences=True)
        # Quotation marks enclose cells; in tab-separated files they mostly are part of the text.
        self.quoted = True
        if self.delimiter == "\t":
            lines = sample.splitlines()[:-1] or [sample]
            opened = [cell for line in lines for cell in line.split("\t") if cell.startswith('"')]
            self.quoted = bool(opened) and all(
                cell.rstrip().endswith('"') and len(cell) > 1 for cell in opened
            )
        rows = sample_rows(sample, self.delimiter, quoted=self.quoted)
        first = [" ".join(cell.split()) for cell in rows[0]]
        # A name that no column has is an error, not a table without a header.
        self.header = named or any(cell.lower() in known for cell in first)
        if not self.header and guessed:
            below = [[row[i] for row in rows[1:] if len(row) > i] for i in range(len(first))]
            self.header = guess_header(first, below, longest=_LONGEST_NAME)
        self.width = len(first)
        self.names, notes = (
            unique_names(first)
            if self.header
            else ([f"column_{number}" for number in range(1, self.width + 1)], [])
        )
        self.notes += notes
        body = [row for row in rows[self.header :] if len(row) == self.width]
        if not body:
            raise UserError(f"{self.path} holds a header only, and no rows below it")
        self.cells = {name: [row[index] for row in body] for index, name in enumerate(self.names)}

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        """Iterate over the cells of some columns, row by row.

        Args:
            columns: their names; rows without the first are left out. Its cells are as they stand,
                the others' without spaces around them.

        Returns:
            The cells of each row, in the order of `columns`.

        Raises:
            UserError: if a row cannot be read.
        """
        return self._json_rows(columns) if self.json else self._csv_rows(columns)

    def _csv_rows(self, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        import pyarrow
        from pyarrow import csv as arrow

        skipped: list[int] = []

        def skip(row: Any) -> str:
            skipped.append(row.actual_columns)
            return "skip"

        # Columns are read by position: names can be empty or repeated.
        names = [f"f{index}" for index in range(self.width)]
        chosen = [names[self.names.index(name)] for name in columns]
        try:
            reader = arrow.open_csv(
                io.BufferedReader(Utf8Stream(self.path), _SAMPLE),
                arrow.ReadOptions(block_size=_LARGEST_ROW, column_names=names, skip_rows=0),
                arrow.ParseOptions(
                    delimiter=self.delimiter,
                    quote_char='"' if self.quoted else False,
                    newlines_in_values=self.quoted,
                    invalid_row_handler=skip,
                ),
                arrow.ConvertOptions(
                    include_columns=chosen,
                    column_types=dict.fromkeys(chosen, pyarrow.string()),
                    strings_can_be_null=False,
                ),
            )
            first = self.header
            for batch in reader:
                texts, *others = (column.to_pylist() for column in batch.columns)
                stripped = ([word.strip() for word in column] for column in others)
                pairs = zip(texts, *stripped, strict=True)
                if first:
                    next(pairs, None)
                    first = False
                for row in pairs:
                    if "\n" in row[0]:
                        self._refuse_open_quote(row[0])
                    yield row
        except pyarrow.ArrowInvalid as error:
            reason = " ".join(str(error).removeprefix("CSV parse error: ").split())
            if "straddling" in reason or "quot" in reason:
                reason = "a quotation mark opens a cell that does not end within a megabyte"
            raise UserError(f"cannot read the table {self.path}: {reason[:160]}") from None
        if skipped:
            rows = f"{len(skipped):,} row{'s' * (len(skipped) > 1)}"
            self.notes.append(
                f"left out {rows} that have not {self.width} cells; the first has {skipped[0]}"
            )

    def _json_rows(self, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
        without = 0
        for row in json_rows.rows(self.path):
            if columns[0] not in row:
                without += 1
                continue
            yield tuple(json_rows.word(row.get(name)) for name in columns)
        if without:
            self.notes.append(
                f"left out {without:,} row{'s' * (without > 1)} without '{columns[0]}'"
            )

    def _refuse_open_quote(self, text: str) -> None:
        # A cell of several lines is common; one whose lines all are rows is not.
        if text.count("\n") > _LINES_OF_A_TEXT and swallowed(text, self.delimiter, self.width):
            raise UserError(
                f"cannot read the table {self.path}: a quotation mark is not closed before "
                f"'{' '.join(text[:40].split())}'"
            )


@dataclass(frozen=True)
class Choice:
    """Columns of a file by their roles, as far as the user or their names tell.

    Args:
        columns: name of the column of each role.
        free: names of the columns that have none, in order.
        said: the roles that the user named.
    """

    columns: Mapping[str, str]
    free: Sequence[str]
    said: frozenset[str]


def choose(
    names: Sequence[str],
    usual: Mapping[str, Sequence[str]],
    options: Mapping[str, Any],
    known: Mapping[str, str] | None = None,
) -> Choice:
    """Find the columns of roles: the user's, those of an earlier file, or of usual names.

    Args:
        names: of the file's columns.
        usual: for each role that the source knows the lower-case names that its columns have, the
            likeliest first.
        options: of the data.
        known: columns of an earlier file by role, taken where this file has them.

    Returns:
        The columns that were found.

    Raises:
        UserError: if the user names a column that is not there.
    """
    said = {
        role: roles.find(names, word, f"{role} column")
        for role, word in roles.named(options, names, list(usual)).roles.items()
    }
    found = dict(said)
    lower = {name.lower(): name for name in reversed(names)}
    for role, likely in usual.items():
        earlier = (known or {}).get(role, "").lower()
        for name in (earlier, *likely):
            if role not in found and lower.get(name) not in (None, *found.values()):
                found[role] = lower[name]
    free = [name for name in names if name not in found.values()]
    return Choice(found, free, frozenset(said))


def rows_of_roles(
    path: str | Path,
    usual: Mapping[str, Sequence[str]],
    options: Mapping[str, Any],
    notes: list[str],
) -> Iterator[tuple[str, ...]]:
    """Yield the cells of the columns of some roles, row by row; each role is needed.

    Args:
        path: of the file.
        usual: for each role the lower-case names that its columns have, the likeliest first.
        options: of the data, which may name columns.
        notes: sentences for the user, which gain those on the rows.

    Raises:
        UserError: if the file cannot be read, or a role has no column.
    """
    known = [name for names in usual.values() for name in names]
    file = RowFile(str(path), usual=known, wanted=wanted(options))
    columns = choose(file.names, usual, options).columns
    for role, names in usual.items():
        if role not in columns:
            raise UserError(
                f"{path} has no column {names[0]}, only {', '.join(file.names)[:120]}; "
                f"name it with --column {role}=COLUMN"
            )
    yield from file.rows([columns[role] for role in usual])
    notes += [*roles.taken(columns), *file.notes, *unused(file.names, columns)]


def unused(names: Sequence[str], columns: Mapping[str, str]) -> list[str]:
    """Return a note on the columns that have no role, empty where all have one.

    Args:
        names: of all columns.
        columns: name of the column of each role.
    """
    left = [excerpt(name) for name in names if name not in columns.values()]
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    return [f"columns that are not used: {', '.join(left[:_NAMED])}{more}"] if left else []


def wanted(options: Mapping[str, Any]) -> list[str]:
    """Return the columns that options name."""
    short = [str(options[role]) for role in roles.SHORT_FORMS if options.get(role)]
    return [*short, *map(str, (options.get("column") or {}).values())]


def weight(word: str, column: str) -> float:
    """Return the weight of an example.

    Args:
        word: a cell.
        column: its column, for messages.

    Raises:
        UserError: if it is no number from 0 on.
    """
    try:
        number = float(word)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise UserError(
            f"the weights in '{column}' must be numbers from 0 on, one for each row, received "
            f"'{word[:40]}'"
        )
    return number
