"""Columns of CSV, TSV and JSON lines files with a row for each text, in constant memory."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes.data import roles
from kerasrecipes.data.csv_reader import (
    guess_delimiter,
    guess_header,
    sample_rows,
    swallowed,
    unique_names,
)
from kerasrecipes.data.files import Utf8Stream, first_bytes
from kerasrecipes.errors import UserError

ROLES = ("text", "target", "weight")
SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json")
_JSON = (".jsonl", ".ndjson", ".json")
_SAMPLE = 2**16  # bytes at the beginning that are looked at
_ROWS = 200  # JSON objects at the beginning that are looked at
_LONGEST_NAME = 30  # characters of a header's cell; longer ones are texts
_LINES_OF_A_TEXT = 3  # of a cell, from which on its lines are looked at as rows
# Suffixes of files that hold texts, but no table of them.
_OTHER_SUFFIXES = (".txt", ".text", ".md", ".conll", ".conllu", ".bio", ".iob", ".gz", ".zip")
_LARGEST_ROW = 2**20  # bytes; Arrow reads ahead by up to 32 blocks of that size

# Usual names of the columns, the likeliest first.
_TEXT_NAMES = (
    *("text", "review", "sentence", "comment", "content"),
    *("message", "tweet", "body", "document", "phrase"),
)
_TARGET_NAMES = (
    *("label", "sentiment", "target", "class", "category"),
    *("rating", "stars", "score", "polarity", "topic"),
)


class TextTable:
    """Columns of a file with a row for each text: iterates over `(text, label)`, or over
    `(text, label, weight)` where a column of weights is named.

    Args:
        path: a CSV, TSV or JSON lines file, a JSON file with a list of objects, or lines that begin
            or end with a label.
        options: the user's columns by role; by default found by their names or cells.
        known: columns of an earlier file by role, where the user names none.

    Raises:
        UserError: if the file cannot be read, or has no such columns.

    Attributes:
        columns: names of the columns `text`, `target` and, if there is one, `weight`.
        by: what decided the target: `name`, `cells`, or empty where the user did.
        notes: sentences for the user on the rows, complete after iteration.
    """

    def __init__(
        self,
        path: str,
        options: Mapping[str, Any] | None = None,
        known: Mapping[str, str] | None = None,
    ):
        self.path = path
        self.notes: list[str] = []
        self.json = Path(path).suffix.lower() in _JSON
        sample = first_bytes(path, _SAMPLE).decode("utf-8", "ignore")
        if not sample.strip():
            raise UserError(f"{path} is empty")
        options, known = options or {}, known or {}
        if self.json:
            rows = list(itertools.islice(_json_objects(path), _ROWS))
            if not rows:
                raise UserError(f"{path} is empty")
            self.names = list(dict.fromkeys(name for row in rows for name in row))
            cells = {name: [_word(row.get(name)) for row in rows] for name in self.names}
        else:
            cells = self._csv_sample(sample, [*known.values(), *_said(options)])
        said = {**known, **roles.named(options, self.names, ROLES).roles}
        self.columns, self.by = self._choose(cells, said)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        rows = self._json_rows() if self.json else self._csv_rows()
        weight = self.columns.get("weight")
        if weight is None:
            return rows
        return ((*row, _weight(word, weight)) for *row, word in rows)

    def _csv_sample(self, sample: str, wanted: Sequence[str]) -> dict[str, list[str]]:
        """Find the delimiter, the header and the names, and return the first cells by name."""
        tabs = Path(self.path).suffix.lower() in (".tsv", ".tab", "") and "\t" in sample
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
        self.header = any(not name.lstrip("-").isdecimal() for name in wanted)
        if not self.header:
            below = [[row[i] for row in rows[1:] if len(row) > i] for i in range(len(first))]
            known = {*_TEXT_NAMES, *_TARGET_NAMES, *(name.lower() for name in wanted)}
            self.header = guess_header(first, below, known=known, longest=_LONGEST_NAME)
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
        return {name: [row[index] for row in body] for index, name in enumerate(self.names)}

    def _choose(
        self, cells: Mapping[str, Sequence[str]], said: Mapping[str, str]
    ) -> tuple[dict[str, str], str]:
        """Choose the columns of texts and labels: the user's, else by their names or cells."""
        names = self.names
        if len(names) < 2:
            held = f"only the column '{names[0]}'" if names else "no columns"
            raise UserError(
                f"{self.path} has {held}; one with the texts and one with their labels are needed"
            )
        found = {role: roles.find(names, word, f"{role} column") for role, word in said.items()}
        text, target = found.get("text"), found.get("target")
        free = [name for name in names if name not in found.values()]
        by = ""
        # Texts are the longest cells on average, labels those that repeat most.
        if text is None:
            text, _ = _guess(
                _TEXT_NAMES,
                free or names,
                lambda name: sum(map(len, cells[name])) / max(1, len(cells[name])),
            )
        others = [name for name in free if name != text] or [n for n in names if n != text]
        if target is None:
            target, by = _guess(_TARGET_NAMES, others, lambda name: -len(set(cells[name])))
        if text == target:
            raise UserError(
                f"text and target are both the column '{text}'; the columns are {', '.join(names)}"
            )
        if "text" not in found or "target" not in found:
            self.notes.append(
                f"read the texts from the column '{text}' and the labels from '{target}'"
            )
        return {**found, "text": text, "target": target}, by

    def _csv_rows(self) -> Iterator[tuple[str, ...]]:
        import pyarrow
        from pyarrow import csv as arrow

        skipped: list[int] = []

        def skip(row: Any) -> str:
            skipped.append(row.actual_columns)
            return "skip"

        # Columns are read by position: names can be empty or repeated.
        names = [f"f{index}" for index in range(self.width)]
        chosen = [names[self.names.index(name)] for name in self._chosen()]
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

    def _json_rows(self) -> Iterator[tuple[str, ...]]:
        without = 0
        for row in _json_objects(self.path):
            if self.columns["text"] not in row:
                without += 1
                continue
            yield tuple(_word(row.get(name)) for name in self._chosen())
        if without:
            self.notes.append(
                f"left out {without:,} row{'s' * (without > 1)} without '{self.columns['text']}'"
            )

    def _chosen(self) -> list[str]:
        return [self.columns[role] for role in ROLES if role in self.columns]

    def _refuse_open_quote(self, text: str) -> None:
        # A cell of several lines is common; one whose lines all are rows is not.
        if text.count("\n") > _LINES_OF_A_TEXT and swallowed(text, self.delimiter, self.width):
            raise UserError(
                f"cannot read the table {self.path}: a quotation mark is not closed before "
                f"'{' '.join(text[:40].split())}'"
            )


def is_table(path: Path) -> bool:
    """Return whether a file without a telling suffix has lines of a label and a text."""
    if path.suffix.lower() in _OTHER_SUFFIXES:
        return False
    try:
        sample = first_bytes(path, _SAMPLE).decode("utf-8", "ignore")
    except UserError:
        return False
    rows = [line.split("\t") for line in sample.split("\n")[:_ROWS] if line.strip()]
    return len(rows) > 1 and len(rows[0]) > 1 and len({len(row) for row in rows[:-1]}) == 1


def _said(options: Mapping[str, Any]) -> list[str]:
    """Return the columns that options name."""
    short = [str(options[role]) for role in roles.SHORT_FORMS if options.get(role)]
    return [*short, *(options.get("column") or {}).values()]


def _weight(word: str, column: str) -> float:
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


def _guess(
    usual: Sequence[str], names: Sequence[str], merit: Callable[[str], float]
) -> tuple[str, str]:
    """Choose a column by its usual name, else by the merit of its cells; and say by which."""
    lower = {name.lower(): name for name in reversed(names)}
    by_name = next((lower[name] for name in usual if name in lower), None)
    return (by_name, "name") if by_name else (max(names, key=merit), "cells")


def _word(value: Any) -> str:
    """Return a JSON value as text; a missing one is empty."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json_objects(path: str) -> Iterator[dict[str, Any]]:
    """Iterate over a file's objects: one in each line, or those of a list."""
    with io.TextIOWrapper(io.BufferedReader(Utf8Stream(path), _SAMPLE), encoding="utf-8") as file:
        numbered = enumerate(file, 1)
        for number, line in numbered:
            if number == 1 and line.lstrip().startswith("["):
                values = _parsed(line + file.read(), path)
                yield from (_object(v, f"{path}, entry {n}") for n, v in enumerate(values, 1))
                return
            if line.strip():
                yield _object(_parsed(line, f"{path}:{number}"), f"{path}:{number}")


def _parsed(content: str, where: str) -> Any:
    try:
        return json.loads(content)
    except RecursionError:
        raise UserError(f"{where} is not read: its lists are nested too deeply") from None
    except ValueError as error:
        raise UserError(f"{where} is not JSON: {getattr(error, 'msg', error)}") from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(
            f"{where} is not a JSON object with named values, received {json.dumps(value)[:60]}"
        )
    return value
