"""Columns of CSV, TSV and JSON lines files with a row for each text, in constant memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kerasrecipes.data.files import Utf8Stream, utf8
from kerasrecipes.errors import UserError, unknown

SUFFIXES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json")
_JSON = (".jsonl", ".ndjson", ".json")
_SAMPLE = 2**16
_ROWS = 200  # of the sample
_LARGEST_ROW = 2**20  # bytes; Arrow reads ahead by up to 32 blocks of that size
_TEXT_NAMES = (
    "text",
    "review",
    "sentence",
    "comment",
    "content",
    "message",
    "tweet",
    "body",
    "document",
    "phrase",
)
_TARGET_NAMES = (
    "label",
    "sentiment",
    "target",
    "class",
    "category",
    "rating",
    "stars",
    "score",
    "polarity",
    "topic",
)


@dataclass
class TextTable:
    """Two columns of a file with a row for each text.

    Args:
        path: of a CSV, TSV or JSON lines file, or of a JSON file with a list of objects.
        text: the column with the texts, by name or counted from 1; by default found by its name or
            length.
        target: the column with the labels, likewise.

    Raises:
        UserError: if the file cannot be read, or has no such columns.

    Attributes:
        notes: what is to be told about the rows, complete after they have been read.
    """

    path: str
    text: str | None = None
    target: str | None = None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self):
        """Look at the beginning of the file."""
        self.json = Path(self.path).suffix.lower() in _JSON
        sample = b"".join(_first(utf8(self.path), _SAMPLE)).decode("utf-8", "ignore")
        if not sample.strip():
            raise UserError(f"{self.path} is empty")
        if self.json:
            rows = _json_sample(self.path)
            names = list(dict.fromkeys(name for row in rows for name in row))
            cells = {name: [_word(row.get(name)) for row in rows] for name in names}
        else:
            self.delimiter = _delimiter(sample, self.path)
            self.quoted = _is_quoted(sample, self.delimiter)
            names, cells = self._csv_sample(sample)
        self.text, self.target = self._columns(names, cells)
        self.names = names

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Give `(text, label)` of row after row, in constant memory."""
        return self._json_rows() if self.json else self._csv_rows()

    def _csv_sample(self, sample: str) -> tuple[list[str], dict[str, list[str]]]:
        rows = _sample_rows(sample, self.delimiter, self.quoted)
        first = [" ".join(cell.split()) for cell in rows[0]]
        self.header = _is_header(first, rows[1:], (self.text, self.target))
        self.width = len(first)
        names = (
            first if self.header else [f"column_{number}" for number in range(1, len(first) + 1)]
        )
        body = [row for row in rows[self.header :] if len(row) == len(names)]
        return names, {name: [row[number] for row in body] for number, name in enumerate(names)}

    def _columns(self, names: Sequence[str], cells: Mapping[str, Sequence[str]]) -> tuple[str, str]:
        if len(names) < 2:
            held = f"only the column '{names[0]}'" if names else "no columns"
            raise UserError(
                f"{self.path} has {held}; one with the texts and one with their labels are needed"
            )
        text = _named("text", self.text, names) if self.text else None
        target = _named("target", self.target, names) if self.target else None
        text = text or _guess(
            _TEXT_NAMES, [n for n in names if n != target], lambda n: _mean_length(cells[n])
        )
        others = [name for name in names if name != text]
        target = target or _guess(_TARGET_NAMES, others, lambda n: -len(set(cells[n])))
        if text == target:
            raise UserError(
                f"text and target are both the column '{text}'; the columns are {', '.join(names)}"
            )
        if not (self.text and self.target):
            self.notes.append(
                f"read the texts from the column '{text}' and the labels from '{target}'"
            )
        return text, target

    def _csv_rows(self) -> Iterator[tuple[str, str]]:
        import pyarrow
        from pyarrow import csv as arrow

        skipped: list[int] = []
        places = [self.names.index(name) for name in (self.text, self.target)]
        names = [f"f{number}" for number in range(self.width)]
        chosen = [names[place] for place in places]
        stream = io.BufferedReader(Utf8Stream(self.path), _SAMPLE)
        try:
            reader = arrow.open_csv(
                stream,
                arrow.ReadOptions(block_size=_LARGEST_ROW, column_names=names, skip_rows=0),
                arrow.ParseOptions(
                    delimiter=self.delimiter,
                    quote_char='"' if self.quoted else False,
                    newlines_in_values=self.quoted,
                    invalid_row_handler=lambda row: skipped.append(row.actual_columns) or "skip",
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


def _delimiter(sample: str, path: str) -> str:
    """Choose the character that divides the first rows into equally many cells; that of `.tsv` is
    the tab.
    """
    if Path(path).suffix.lower() in (".tsv", ".tab") and "\t" in sample:
        return "\t"

    def merit(delimiter: str) -> tuple[int, int]:
        counts = [len(row) for row in _sample_rows(sample, delimiter, True)]
        return (sum(count == counts[0] for count in counts) if counts[0] > 1 else 0, -counts[0])

    return max(",;\t|", key=merit)


def _is_quoted(sample: str, delimiter: str) -> bool:
    """Whether quotation marks enclose cells; in tab-separated files they mostly are part of the
    text.
    """
    if delimiter != "\t":
        return True
    cells = [cell for line in sample.splitlines()[:-1] or [sample] for cell in line.split("\t")]
    opened = [cell for cell in cells if cell.startswith('"')]
    return bool(opened) and all(cell.rstrip().endswith('"') and len(cell) > 1 for cell in opened)


def _sample_rows(sample: str, delimiter: str, quoted: bool) -> list[list[str]]:
    quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, quoting=quoting)
    rows = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > _ROWS:
                return rows
    except csv.Error:
        pass
    # The sample may end within a row.
    return rows[:-1] if len(rows) > 2 and len(sample) >= _SAMPLE // 4 else rows


def _is_header(
    first: Sequence[str], body: Sequence[Sequence[str]], wanted: Sequence[str | None]
) -> bool:
    """Judge whether the first row holds names."""
    lower = [cell.lower() for cell in first]
    named = [name for name in wanted if name is not None]
    if any(name.lower() in lower for name in named):
        return True
    if named and any(not name.lstrip("-").isdigit() for name in named):
        return True  # a name that no column has is told as such
    if any(name in lower for name in (*_TEXT_NAMES, *_TARGET_NAMES)):
        return True
    # Names are short, and none of them comes again below.
    below = [{row[place] for row in body if len(row) > place} for place in range(len(first))]
    few = any(len(cells) < max(2, len(body) / 2) for cells in below)
    fresh = all(cell and cell not in cells for cell, cells in zip(first, below, strict=True))
    return (
        few and fresh and max(map(len, first)) <= 30 and not any(cell.isdigit() for cell in first)
    )


def _named(kind: str, wanted: str, names: Sequence[str]) -> str:
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


def _guess(usual: Sequence[str], names: Sequence[str], merit: Any) -> str:
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[name] for name in usual if name in lower), None) or max(names, key=merit)


def _mean_length(cells: Sequence[str]) -> float:
    return sum(map(len, cells)) / max(1, len(cells))


def _word(value: Any) -> str:
    """Write a JSON value as text; what is missing is empty."""
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
    """Give a file's objects: one a line, or where it begins with `[` all of its list."""
    with io.TextIOWrapper(io.BufferedReader(Utf8Stream(path), _SAMPLE), encoding="utf-8") as file:
        numbered = enumerate(file, 1)
        for number, line in numbered:
            if number == 1 and line.lstrip().startswith("["):
                yield from _json_list(line + file.read(), path)
                return
            if line.strip():
                yield _object(_parsed(line, f"{path}:{number}"), f"{path}:{number}")


def _json_list(content: str, path: str) -> Iterator[dict[str, Any]]:
    for number, value in enumerate(_parsed(content, path), 1):
        yield _object(value, f"{path}, entry {number}")


def _parsed(content: str, place: str) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise UserError(f"{place} is no JSON: {getattr(error, 'msg', error)}") from None


def _object(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UserError(
            f"{place} holds no object with named values, received {json.dumps(value)[:60]}"
        )
    return value
