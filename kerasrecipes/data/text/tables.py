"""Columns of CSV, TSV and JSON lines files with a row for each text, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kerasrecipes.data import roles
from kerasrecipes.data.files import first_bytes
from kerasrecipes.data.row_files import RowFile, unused, wanted, weight
from kerasrecipes.errors import UserError

ROLES = ("text", "target", "weight")
_SAMPLE = 2**16  # bytes at the beginning that are looked at
_ROWS = 200  # rows at the beginning that are looked at
# Suffixes of files that hold texts, but no table of them.
_OTHER_SUFFIXES = (".txt", ".text", ".md", ".conll", ".conllu", ".bio", ".iob", ".gz", ".zip")

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
        options, known = options or {}, known or {}
        self.file = RowFile(
            path,
            usual=(*_TEXT_NAMES, *_TARGET_NAMES),
            wanted=[*known.values(), *wanted(options)],
        )
        self.names, self.notes = self.file.names, self.file.notes
        said = {**known, **roles.named(options, self.names, ROLES).roles}
        self.columns, self.by = self._choose(self.file.cells, said)
        self.notes += unused(self.names, self.columns)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        rows = self.file.rows([self.columns[role] for role in ROLES if role in self.columns])
        column = self.columns.get("weight")
        if column is None:
            return rows
        return ((*row, weight(word, column)) for *row, word in rows)

    def _choose(
        self, cells: Mapping[str, Sequence[str]], said: Mapping[str, str]
    ) -> tuple[dict[str, str], str]:
        """Choose the columns of texts and labels: the user's, else by their names or cells."""
        names = self.names
        if len(names) < 2:
            held = f"only the column '{names[0]}'" if names else "no columns"
            raise UserError(
                f"{self.file.path} has {held}; one with the texts and one with their labels are "
                "needed"
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


def _guess(
    usual: Sequence[str], names: Sequence[str], merit: Callable[[str], float]
) -> tuple[str, str]:
    """Choose a column by its usual name, else by the merit of its cells; and say by which."""
    lower = {name.lower(): name for name in reversed(names)}
    by_name = next((lower[name] for name in usual if name in lower), None)
    return (by_name, "name") if by_name else (max(names, key=merit), "cells")
