"""Answers in words and numbers: classes, values, texts, tags and tables."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, ClassVar, NamedTuple

from kerasrecipes.answers import markup
from kerasrecipes.answers.answer import Answer
from kerasrecipes.metrics.names import number

_MOST = 8  # classes that a line names
_BESIDE = 60  # characters on each side of a quote


@dataclass(frozen=True, kw_only=True, eq=False)
class Failure(Answer):
    """An input that could not be answered.

    Args:
        error: why, in one line.
    """

    kind: ClassVar[str] = "error"

    error: str

    def said(self, top: int = 1) -> str:
        """Say the error."""
        return f"error: {self.error}"


class Chance(NamedTuple):
    """A class and its probability.

    Args:
        label: name of the class.
        probability: of it, from 0 to 1.
    """

    label: str
    probability: float

    def __str__(self) -> str:
        return f"{self.label} {100 * self.probability:.1f} %"


def listed(chances: Sequence[Chance]) -> str:
    """List classes with their probabilities, the first ones where there are many."""
    return ", ".join(map(str, chances[:_MOST]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Label(Answer):
    """One class.

    Args:
        label: the most probable class.
        probability: of it, from 0 to 1; `None` for a model that gives none.
        probabilities: of the most probable classes, in falling order.
        score: the model's output where it is not a probability, such as a signed distance.
    """

    kind: ClassVar[str] = "label"

    label: str
    probability: float | None = None
    probabilities: Sequence[Chance] = ()
    score: float | None = None

    def said(self, top: int = 1) -> str:
        """Name the class, or the `top` most probable ones."""
        if top > 1 and self.probabilities:
            return ", ".join(map(str, self.probabilities[:top]))
        if self.probability is None:
            return self.label
        return f"{self.label}  {100 * self.probability:.1f} %"

    def shown(self) -> str:
        """Show the class, and bars for the most probable ones."""
        if not self.probabilities:
            return super().shown()
        return f"<b>{escape(self.label)}</b>{markup.bars(self.probabilities)}"

    def row(self) -> dict[str, Any]:
        """Return a column for each class that has a probability."""
        return super().row() | _columns(self.probabilities)


@dataclass(frozen=True, kw_only=True, eq=False)
class Labels(Answer):
    """Any number of classes, each with a probability of its own.

    Args:
        probabilities: of all classes, in the order of the data.
        threshold: probability from which on a class is one of the answer.
    """

    kind: ClassVar[str] = "labels"

    probabilities: Sequence[Chance]
    threshold: float = 0.5

    @property
    def labels(self) -> list[str]:
        """The classes whose probability reaches the threshold."""
        return [item.label for item in self.probabilities if item.probability >= self.threshold]

    def entries(self) -> dict[str, Any]:
        """Return the entries of the mapping, the classes among them."""
        return {**super().entries(), "labels": self.labels}

    def said(self, top: int = 1) -> str:
        """Name the classes of the answer, and the probabilities of all."""
        return f"{', '.join(self.labels) or 'none'}  ({listed(self.probabilities)})"

    def shown(self) -> str:
        """Show the classes of the answer, and a bar for each class."""
        chosen = escape(", ".join(self.labels) or "none")
        return f"<b>{chosen}</b>{markup.bars(self.probabilities)}"

    def row(self) -> dict[str, Any]:
        """Return a column for each class."""
        return super().row() | {"labels": "; ".join(self.labels)} | _columns(self.probabilities)


def _columns(chances: Sequence[Chance]) -> dict[str, float]:
    return {f"probability of {item.label}": item.probability for item in chances}


@dataclass(frozen=True, kw_only=True, eq=False)
class Value(Answer):
    """One number, or one for each target.

    Args:
        value: the number, where there is one target.
        by_target: the numbers by target, where there are several; the entry `values`.
        unit: of the numbers.
    """

    kind: ClassVar[str] = "value"

    value: float | None = None
    by_target: Mapping[str, float] | None = None
    unit: str | None = None

    def __post_init__(self) -> None:
        """Refuse an answer with both, or neither."""
        if (self.value is None) == (self.by_target is None):
            raise ValueError("a value has either 'value' or 'by_target'")

    def entries(self) -> dict[str, Any]:
        """Return the entries of the mapping, with the numbers by target as `values`."""
        renamed = {"by_target": "values"}
        return {renamed.get(name, name): value for name, value in super().entries().items()}

    def said(self, top: int = 1) -> str:
        """Write the number, or the number of each target, as people write them."""
        unit = f" {self.unit}" if self.unit else ""
        if self.value is not None:
            return number(self.value) + unit
        assert self.by_target is not None
        return ", ".join(f"{name} {number(value)}{unit}" for name, value in self.by_target.items())

    def row(self) -> dict[str, Any]:
        """Return a column for each target."""
        return super().row() | dict(self.by_target or {})


@dataclass(frozen=True, kw_only=True, eq=False)
class Text(Answer):
    """A text: a translation, a caption, a continuation.

    Args:
        text: what the model wrote.
        prompt: what it was to continue.
    """

    kind: ClassVar[str] = "text"

    text: str
    prompt: str | None = None

    def said(self, top: int = 1) -> str:
        """Say the text."""
        return self.text

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of plain text and JSON."""
        return {".txt": lambda: _plain_text(self.text), **super().files()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Quote(Text):
    """A part of a text, such as the answer to a question.

    Args:
        text: the part; empty where the text does not tell.
        prompt: not used.
        probability: of it, from 0 to 1.
        context: the whole text.
        begin: where the part begins in it, in characters.
        end: where it ends.
    """

    kind: ClassVar[str] = "quote"

    probability: float
    context: str
    begin: int
    end: int

    def parts(self, beside: int | None = None) -> tuple[str, str, str]:
        """Return what stands before the part, the part, and what stands behind it.

        Args:
            beside: most characters on each side; by default all.
        """
        before, after = self.context[: self.begin], self.context[self.end :]
        if beside is not None:
            before = f"…{before[-beside:]}" if len(before) > beside else before
            after = f"{after[:beside]}…" if len(after) > beside else after
        return before, self.context[self.begin : self.end], after

    def said(self, top: int = 1) -> str:
        """Say the part with its probability, and below it where it stands."""
        if self.begin == self.end:
            return str(Chance("the text does not tell", self.probability))
        before, part, after = (" ".join(piece.split("\n")) for piece in self.parts(_BESIDE))
        return f"{Chance(part, self.probability)}\n    {before}[{part}]{after}"

    def shown(self) -> str:
        """Show the text with the part marked."""
        before, part, after = map(escape, self.parts())
        said = escape(self.said().splitlines()[0])
        return f"<b>{said}</b><br>{before}<mark>{part}</mark>{after}".replace("\n", "<br>")


class Word(NamedTuple):
    """A word and its tag.

    Args:
        word: as it stands in the sentence.
        tag: the most probable one.
        probability: of the tag, from 0 to 1.
    """

    word: str
    tag: str
    probability: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Tokens(Answer):
    """The words of a sentence with a tag each.

    Args:
        words: in their order.
        spans: names of several words, each with `text`, `type` and `first`, the index of its first
            word; empty where tags mark no spans.
        text: words and tags in columns, for a terminal.
    """

    kind: ClassVar[str] = "tokens"

    words: Sequence[Word]
    spans: Sequence[Mapping[str, Any]] = ()
    text: str = ""

    def said(self, top: int = 1) -> str:
        """Write each tag below its word."""
        return self.text

    def shown(self) -> str:
        """Show each tag above its word."""
        return " ".join(
            f"<ruby>{escape(item.word)}<rt>{markup.faint(item.tag)}</rt></ruby>"
            for item in self.words
        )

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of JSON and of words and tags in columns."""
        return {**super().files(), ".txt": lambda: _plain_text(self.text)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Reply(Tokens):
    """What an assistant understood of a command, and what it says to it.

    Args:
        reply: what it says.
        intent: the most probable one.
        probability: of the intent, from 0 to 1.
        understood: whether that is enough to act on.
        slots: what each slot holds, by its name.
    """

    kind: ClassVar[str] = "reply"

    reply: str
    intent: str
    probability: float
    understood: bool = True
    slots: Mapping[str, str]

    def said(self, top: int = 1) -> str:
        """Say the reply, and below it the intent and each slot below its words."""
        return "\n".join((self.reply, f"{Chance(self.intent, self.probability)}", self.text))

    def shown(self) -> str:
        """Show the reply, the intent, and each slot above its words."""
        heard = markup.faint(f"{Chance(self.intent, self.probability)}")
        return f"<b>{escape(self.reply)}</b><br>{heard}<br>{super().shown()}"

    def row(self) -> dict[str, Any]:
        """Return a column for each slot."""
        return super().row() | dict(self.slots)

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of JSON and of all that is said."""
        return {**super().files(), ".txt": lambda: _plain_text(self.said())}


@dataclass(frozen=True, kw_only=True, eq=False)
class Table(Answer):
    """Columns of values, such as a forecast by time.

    Args:
        columns: the values by name, all of one length.
    """

    kind: ClassVar[str] = "table"

    columns: Mapping[str, Sequence[Any]]

    def __post_init__(self) -> None:
        """Refuse columns of different lengths."""
        lengths = {name: len(column) for name, column in self.columns.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"columns of a table are of one length; received {lengths}")

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the values row by row."""
        return list(zip(*self.columns.values(), strict=True))

    def said(self, top: int = 1) -> str:
        """Say how many rows there are, and of what."""
        return f"{len(self.rows()):,} rows of {', '.join(self.columns)}"

    def shown(self) -> str:
        """Show the first rows."""
        return markup.table(self.columns, self.rows())

    def files(self) -> dict[str, Callable[[], bytes]]:
        """Return the writers of CSV and JSON."""
        return {".csv": lambda: csv_file(list(self.columns), self.rows()), **super().files()}


def csv_file(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Return a table as CSV, encoded as UTF-8.

    Args:
        names: of the columns.
        rows: of values.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _plain_text(text: str) -> bytes:
    return f"{text}\n".encode("utf-8", "replace")
