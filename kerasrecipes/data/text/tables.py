"""Columns of CSV, TSV and JSON lines files with a row for each text, in constant memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes.data.csv_reader import guess_delimiter, guess_header, sample_rows
from kerasrecipes.data.files import Utf8Stream, utf8
from kerasrecipes.errors import UserError, unknown

SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json")
_JSON = (".jsonl", ".ndjson", ".json")
_SAMPLE = 2**16  # bytes at the beginning that are looked at
_ROWS = 200  # JSON objects at the beginning that are looked at
_LONGEST_NAME = 30  # characters of a header's cell; longer ones are texts
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
    """Two columns of a file with a row for each text: iterates over `(text, label)`.

    Args:
        path: a CSV, TSV or JSON lines file, or a JSON file with a list of objects.
        text: column of the texts, by name or counted from 1; by default found by its name or
            length.
        target: column of the labels, likewise.

    Raises:
        UserError: if the file cannot be read, or has no such columns.

    Attributes:
        text: name of the column of the texts.
        target: name of the column of the labels.
        notes: sentences for the user on the rows, complete after iteration.
    """

    def __init__(self, path: str, text: str | None = None, target: str | None = None):
        self.path = path
        self.notes: list[str] = []
        self.json = Path(path).suffix.lower() in _JSON
        sample = b"".join(_first(utf8(path), _SAMPLE)).decode("utf-8", "ignore")
        if not sample.strip():
            raise UserError(f"{path} is empty")
        if self.json:
            rows = _json_sample(path)
            self.names = list(dict.fromkeys(name for row in rows for name in row))
            cells = {name: [_word(row.get(name)) for row in rows] for name in self.names}
        else:
            cells = self._csv_sample(sample, (text, target))
        self.text, self.target = self._columns(cells, text, target)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return self._json_rows() if self.json else self._csv_rows()

    def _csv_sample(self, sample: str, wanted: Sequence[str | None]) -> dict[str, list[str]]:
        """Find the delimiter, the header and the names, and return the first cells by name."""
        tabs = Path(self.path).suffix.lower() in (".tsv", ".tab") and "\t" in sample
        self.delimiter = "\t" if tabs else guess_delimiter(sample, sentences=True)
        self.quoted = _is_quoted(sample, self.delimiter)
        rows = sample_rows(sample, self.delimiter, quoted=self.quoted)
        first = [" ".join(cell.split()) for cell in rows[0]]
        self.header = _is_header(first, rows[1:], [name for name in wanted if name is not None])
        self.width = len(first)
        self.names = (
            first if self.header else [f"column_{number}" for number in range(1, self.width + 1)]
        )
        body = [row for row in rows[self.header :] if len(row) == self.width]
        return {name: [row[index] for row in body] for index, name in enumerate(self.names)}

    def _columns(
        self, cells: Mapping[str, Sequence[str]], said_text: str | None, said_target: str | None
    ) -> tuple[str, str]:
        """Choose the columns of texts and labels: the user's, else by their names or cells."""
        names = self.names
        if len(names) < 2:
            held = f"only the column '{names[0]}'" if names else "no columns"
            raise UserError(
                f"{self.path} has {held}; one with the texts and one with their labels are needed"
            )
        text = _named("text", said_text, names) if said_text else None
        target = _named("target", said_target, names) if said_target else None
        # Texts are the longest cells on average, labels those that repeat most.
        text = text or _guess(
            _TEXT_NAMES,
            [name for name in names if name != target],
            lambda name: sum(map(len, cells[name])) / max(1, len(cells[name])),
        )
        others = [name for name in names if name != text]
        target = target or _guess(_TARGET_NAMES, others, lambda name: -len(set(cells[name])))
        if text == target:
            raise UserError(
                f"text and target are both the column '{text}'; the columns are {', '.join(names)}"
            )
        if not (said_text and said_target):
            self.notes.append(
                f"read the texts from the column '{text}' and the labels from '{target}'"
            )
        return text, target

    def _csv_rows(self) -> Iterator[tuple[str, str]]:
        import pyarrow
        from pyarrow import csv as arrow

        skipped: list[int] = []

        def skip(row: Any) -> str:
            skipped.append(row.actual_columns)
            return "skip"

        # Columns are read by position: names can be empty or repeated.
        names = [f"f{index}" for index in range(self.width)]
        chosen = [names[self.names.index(name)] for name in (self.text, self.target)]
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
                pairs = zip(*(column.to_pylist() for column in batch.columns), strict=True)
                for text, label in pairs:
                    if not first:
                        yield text, label.strip()
                    first = False
        except pyarrow.ArrowInvalid as error:
            reason = " ".join(str(error).removeprefix("CSV parse error: ").split())
            raise UserError(f"cannot read the table {self.path}: {reason[:160]}") from None
        if skipped:
            rows = f"{len(skipped):,} row{'s' * (len(skipped) > 1)}"
            self.notes.append(
                f"left out {rows} that have not {self.width} cells; the first has {skipped[0]}"
            )

    def _json_rows(self) -> Iterator[tuple[str, str]]:
        without = 0
        for row in _json_objects(self.path):
            if self.text not in row:
                without += 1
                continue
            yield _word(row[self.text]), _word(row.get(self.target))
        if without:
            self.notes.append(
                f"left out {without:,} row{'s' * (without > 1)} without '{self.text}'"
            )


def _first(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:size]
        size -= len(piece)
        if size <= 0:
            return


def _is_quoted(sample: str, delimiter: str) -> bool:
    """Whether quotation marks enclose cells; in tab-separated files they mostly are part of the
    text.
    """
    if delimiter != "\t":
        return True
    cells = [cell for line in sample.splitlines()[:-1] or [sample] for cell in line.split("\t")]
    opened = [cell for cell in cells if cell.startswith('"')]
    return bool(opened) and all(cell.rstrip().endswith('"') and len(cell) > 1 for cell in opened)


def _is_header(first: Sequence[str], body: Sequence[Sequence[str]], wanted: Sequence[str]) -> bool:
    """Whether the first row holds names, by the columns that the user named or by its cells."""
    if any(not name.lstrip("-").isdigit() for name in wanted):
        return True  # a name that no column has is an error, not a table without a header
    below = [[row[index] for row in body if len(row) > index] for index in range(len(first))]
    known = {*_TEXT_NAMES, *_TARGET_NAMES, *(name.lower() for name in wanted)}
    return guess_header(first, below, known=known, longest=_LONGEST_NAME)


def _named(kind: str, wanted: str, names: Sequence[str]) -> str:
    """Find the column that the user named, or counted from 1 or back from -1."""
    exact = [name for name in names if name == wanted] or [
        n for n in names if n.lower() == wanted.lower()
    ]
    if exact:
        return exact[0]
    if wanted.lstrip("-").isdigit():
        number = int(wanted)
        if 1 <= abs(number) <= len(names):
            return names[number - 1 if number > 0 else number]
        raise UserError(f"there is no {kind} column {number}; the table has {len(names)}")
    raise unknown(f"{kind} column", wanted, names)


def _guess(usual: Sequence[str], names: Sequence[str], merit: Callable[[str], float]) -> str:
    """Choose a column by its usual name, else by the merit of its cells."""
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in usual if name in lower), None) or max(names, key=merit)


def _word(value: Any) -> str:
    """Return a JSON value as text; a missing one is empty."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json_sample(path: str) -> list[dict[str, Any]]:
    rows = []
    for row in _json_objects(path):
        rows.append(row)
        if len(rows) >= _ROWS:
            break
    if not rows:
        raise UserError(f"{path} is empty")
    return rows


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
    except ValueError as error:
        raise UserError(f"{where} is not JSON: {getattr(error, 'msg', error)}") from None


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(
            f"{where} is not a JSON object with named values, received {json.dumps(value)[:60]}"
        )
    return value
