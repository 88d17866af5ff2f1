"""An answer: what a trained model says about an input, or makes without one.

A recipe's `predict` returns one answer for each input. The command line, notebooks and pages
render an answer by its kind, so a recipe says what it found and never how it looks. An answer is
also a mapping with the entries that `--json` prints: `answer["label"]`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.answers import markup
from kerasrecipes.interpret.explanation import Explanation
from kerasrecipes.metrics.names import number

# Entries that are written by their own rules rather than one by one.
_COMMON = ("input", "notes", "explanation", "run", "details")
_ROWS = 100  # answers that a page or a notebook shows


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer(Mapping[str, Any]):
    """Answer to one input; each kind is a class of its own.

    Args:
        input: what was asked: a file, a text, a row of a file, or `-` for standard input; `None`
            where there was no input.
        notes: what makes the answer doubtful.
        explanation: arrays and words that explain it, or the file into which they were drawn.
        run: folder of the run whose model answers.
        details: further entries, for what a recipe of one's own finds beside its kind.
    """

    kind: ClassVar[str] = "details"

    input: str | None = None
    notes: Sequence[str] = ()
    explanation: Explanation | str | None = None
    run: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def entries(self) -> dict[str, Any]:
        """Return the entries of the mapping, in the order in which they are printed."""
        named = {item.name: getattr(self, item.name) for item in fields(self)}
        own = {name: value for name, value in named.items() if name not in _COMMON}
        found = {"input": self.input, "kind": self.kind, **own, **self.details}
        found |= {"notes": list(self.notes), "explanation": self.explanation, "run": self.run}
        # Missing entries are absent, so that `"notes" in answer` says whether there are any.
        empty = (name for name in ("notes", "probabilities", "spans") if not found.get(name))
        absent = {name for name, value in found.items() if value is None} | set(empty)
        return {name: _plain(value) for name, value in found.items() if name not in absent}

    def to_dict(self) -> dict[str, Any]:
        """Return the entries as values that JSON has; of an array its shape."""
        return {name: _json_value(value) for name, value in self.entries().items()}

    def row(self) -> dict[str, Any]:
        """Return the entries that fit into a row of a table, by the name of its column."""
        found = {**self.to_dict(), "notes": "; ".join(self.notes)}
        return {
            name: value
            for name, value in found.items()
            if name != "kind" and value not in ("", None) and not isinstance(value, (dict, list))
        }

    def said(self, top: int = 1) -> str:
        """Say what the model found, without the input and notes.

        Args:
            top: number of classes that are named with their probabilities.

        Returns:
            Words and numbers for people; empty where all stands in the details.
        """
        return ""

    def line(self, top: int = 1) -> str:
        """Write the answer for a terminal: the input, what the model found, details and notes.

        Args:
            top: number of classes that are named with their probabilities.

        Returns:
            A line; a text or a sentence with tags may have several.
        """
        named = (f"{name.replace('_', ' ')} {_spoken(v)}" for name, v in self.details.items())
        notes = [f"({note})" for note in self.notes]
        parts = [self.input or "", self.said(top), ", ".join(named), *notes]
        return "  ".join(part for part in parts if part)

    def shown(self) -> str:
        """Show what the model found as HTML, without the input and notes; all text is escaped."""
        named = (f"{name.replace('_', ' ')} {_spoken(v)}" for name, v in self.details.items())
        parts = [part for part in (self.said(), ", ".join(named)) if part]
        return escape("  ".join(parts)).replace("\n", "<br>")

    def page(self) -> str:
        """Show what the model found as HTML, with the picture that explains it and the notes."""
        notes = "".join(f"<br>{markup.faint(note)}" for note in self.notes)
        drawn = self.explanation if isinstance(self.explanation, str) else ""
        return self.shown() + markup.picture_file(drawn) + notes

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return what writes the answer into a file of its own, by suffix; the first holds it
        whole.
        """
        return {".json": lambda: json_list([self])}

    def _repr_html_(self) -> str:
        return Answers([self])._repr_html_()

    def __getitem__(self, name: str) -> Any:
        return self.entries()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries())

    def __len__(self) -> int:
        return len(self.entries())


class Answers(list[Answer]):
    """Answers in the order of the inputs, which a notebook shows as a table.

    Attributes:
        files: what they were written to, where they were written.
    """

    files: Sequence[Path] = ()

    def _repr_html_(self) -> str:
        """Return a `<table>` that needs neither scripts nor a style sheet."""
        rows = []
        for answer in self[:_ROWS]:
            rows.append(markup.row([escape(answer.input or ""), answer.page()]))
        if len(self) > _ROWS:
            rows.append(f"<tr><td>… and {len(self) - _ROWS:,} more</td></tr>")
        runs = dict.fromkeys(answer.run for answer in self if answer.run)
        origin = markup.faint(f"answered by {', '.join(runs)}") if runs else ""
        return f"<table>{''.join(rows)}</table>{origin}"


def json_list(answers: Sequence[Answer]) -> bytes:
    """Write answers as a JSON list."""
    rows = [answer.to_dict() for answer in answers]
    # A lone surrogate, from a file's name that is not UTF-8, cannot be encoded.
    return (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Turn named parts into dictionaries, as the entries of an answer have them."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _json_value(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape)}
    if isinstance(value, np.generic):
        return _json_value(value.item())
    if isinstance(value, Mapping):
        return {str(name): _json_value(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_json_value(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has neither NaN nor infinity
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _spoken(value: object) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(value)
    return str(value)
