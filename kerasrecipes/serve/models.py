"""Models that are served: what they take, which options they have, and their answers.

What comes over HTTP is content and never the name of a file: a text is handed on as bytes, which no
recipe takes for a path, and options that could name one are not offered.
"""

from __future__ import annotations

import base64
import csv
import io
import mimetypes
import tempfile
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any, Literal

from kerasrecipes import api, registry, settings
from kerasrecipes.answers.answer import Answer
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.inference.inputs import STDIN
from kerasrecipes.metrics import summary
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import ONE_DEVICE

Item = bytes | Mapping[str, Any]  # the content of a file, a text as UTF-8, or a row of a table
Options = Mapping[str, Any]

# By the kind of a run's preprocessor; what is not named is given as a file.
_TAKES = {
    "image": "image",
    "edges": "image",
    "masks": "image",
    "restoration": "image",
    "colours": "image",
    "pairs": "image",
    "caption": "image",
    "boxes": "image",
    "landmarks": "image",
    "faces": "image",
    "table": "table",
    "text": "text",
    "tags": "text",
    "assistant": "text",
    "questions": "text",
    "summaries": "text",
    "translation": "text",
    "language_model": "text",
    "speech": "sound",
}
LARGEST_NUMBER = 1_000  # of an option such as --count or --length, that one request may ask for
_SEED = "seed"


@dataclass(frozen=True)
class Served:
    """A run behind an address.

    Args:
        name: what requests call it.
        run: finished.
    """

    name: str
    run: Run

    @cached_property
    def takes(self) -> str:
        """`image`, `text`, `table`, `sound`, `file`, or `nothing` of a model that generates."""
        preprocessor = self.run.info.preprocessor
        if preprocessor is None or (self.generates and self.run.recipe.topic == "Generation"):
            return "nothing" if self.generates else "file"
        return _TAKES.get(preprocessor.kind, "file")

    @cached_property
    def generates(self) -> bool:
        """Whether it answers without an input."""
        predict = self.run.recipe.predict
        return predict is not None and api.generates(predict)

    @cached_property
    def columns(self) -> list[str]:
        """Names of the columns of a table that the model reads."""
        if self.takes != "table":
            return []
        preprocessor = TablePreprocessor.of(self.run.info)
        return [name for name in preprocessor.order if name not in preprocessor.targets]

    @cached_property
    def options(self) -> dict[str, settings.Setting]:
        """Options of the recipe's `predict` that are numbers, switches or one of a few words."""
        predict = self.run.recipe.predict
        known = settings.of_functions([predict]) if predict is not None else []
        return {one.name: one for one in known if _is_harmless(one.type)}

    def check(self) -> None:
        """Load what answers need, so that the first request need not wait.

        Raises:
            UserError: if the model is damaged, or the recipe does not predict.
        """
        if self.run.recipe.predict is None:
            raise UserError(f"the recipe '{self.run.recipe_name}' does not predict")
        _ = self.run.model, self.takes, self.options

    def described(self) -> dict[str, Any]:
        """Return what the page has to know."""
        return {
            "name": self.name,
            "takes": self.takes,
            "generates": self.generates,
            "columns": self.columns,
            "summary": registry.entry(registry.find(self.run.recipe_name)).summary,
            "result": summary.sentence(self.run.metrics),
            "options": [
                {"name": one.name, "kind": one.kind, "default": one.default, "help": one.help}
                for one in self.options.values()
            ],
        }

    def bound(self, options: Options) -> dict[str, Any]:
        """Check options.

        Args:
            options: by name, as JSON has them or as words.

        Returns:
            Their values, of the right types.

        Raises:
            UserError: if one is unknown, or has a value that is not allowed or too large.
        """
        values = settings.bind(list(self.options.values()), options, "option")
        for name in options:
            value = values.get(name)
            if name != _SEED and isinstance(value, int) and abs(value) > LARGEST_NUMBER:
                raise UserError(f"'{name}' is {LARGEST_NUMBER:,} at most here, received {value:,}")
        return {name: values[name] for name in options}

    def answer(
        self, items: Sequence[Item], options: Options, *, shown: bool = False
    ) -> list[dict[str, Any]]:
        """Answer in one call of the model.

        Args:
            items: of one kind; none to generate.
            options: of `bound`.
            shown: whether answers have HTML too, as `shown`.

        Returns:
            Answers in the items' order, as JSON has them; a file may have several.

        Raises:
            UserError: if an item is not what the model takes.
        """
        given = [item for item in items if isinstance(item, bytes)]
        rows = [item for item in items if not isinstance(item, bytes)]
        if rows:
            if given or self.takes != "table":
                raise UserError(f"'{self.name}' takes {self._taken()}, received an object")
            given = [_as_csv(rows)]
        with tempfile.TemporaryDirectory() as folder:
            given_options = dict(options) | ({"folder": folder} if options.get("explain") else {})
            answers = api.predict(self.run, given, strategy=ONE_DEVICE, **given_options)
            # While the folder is there: what was drawn is embedded.
            return [self._told(answer, shown) for answer in answers]

    def _told(self, answer: Answer, shown: bool) -> dict[str, Any]:
        """Return an answer as JSON, without names of this machine's files."""
        drawn = answer.explanation if isinstance(answer.explanation, str) else ""
        # The file of an explanation is on this machine and does not stay.
        notes = [note for note in answer.notes if not drawn or drawn not in note]
        answer = replace(answer, notes=notes)
        told = {**answer.to_dict(), "run": self.name}
        told.pop("explanation", None)
        if told.get("input") == STDIN:  # all inputs came as content
            del told["input"]
        for suffix in (".png", ".wav", ".mid") if answer.kind in _MADE else ():
            if suffix in answer.files():
                content = base64.b64encode(answer.files()[suffix]()).decode()
                told["content"] = {"type": mimetypes.types_map[suffix], "base64": content}
        if shown:
            page = Path(drawn).read_text(encoding="utf-8") if drawn.endswith(".html") else ""
            frame = f'<iframe sandbox srcdoc="{escape(page)}"></iframe>' if page else ""
            told["shown"] = answer.page() + frame
        return told

    def _taken(self) -> str:
        return {"nothing": "no input", "file": "files"}.get(self.takes, f"{self.takes}s")


_MADE = ("image", "film", "mask", "audio", "midi")  # kinds of answers that are files themselves


def _is_harmless(kind: Any) -> bool:
    """Whether a setting of this type cannot name a file."""
    parts = typing.get_args(kind) if typing.get_origin(kind) in _UNIONS else (kind,)
    return all(
        part in (int, float, bool, type(None)) or typing.get_origin(part) is Literal
        for part in parts
    )


_UNIONS = (typing.Union, types.UnionType)


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """Read the rows of a CSV file.

    Args:
        content: of the file, UTF-8, with a header.

    Returns:
        Cells by column.

    Raises:
        UserError: if it is no such file.
    """
    try:
        text = content.decode("utf-8-sig")
        rows = [*csv.DictReader(io.StringIO(text), strict=True)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"the table cannot be read: {excerpt(str(error))}") from error
    if any(None in row or None in row.values() for row in rows):
        raise UserError("a row of the table has more or fewer cells than the header")
    return rows


def _as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Write rows that have the same columns as the content of a CSV file."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
