"""SQuAD of TensorFlow Datasets; a prepared set is read without TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kerasrecipes.data.sources import TfdsSource
from kerasrecipes.data.splits import make_splits, splits_of
from kerasrecipes.data.text.question_answering import Question, Questions
from kerasrecipes.data.text.squad_files import question_of
from kerasrecipes.data.tfds import Records
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

SUMMARIES = {
    "squad/v1.1": "98,169 questions about articles of Wikipedia",
    "squad/v2.0": "142,192 questions about articles of Wikipedia, a third without an answer",
}


@dataclass(frozen=True)
class TfdsQuestions(TfdsSource):
    """Questions about texts of TensorFlow Datasets.

    Args:
        name: its TFDS name, such as `squad/v1.1`.
        summary: what it holds, in a line.
    """

    def load(self, request: Request) -> Splits:
        """Load a prepared set, else download it; missing splits are drawn by article.

        Raises:
            UserError: if it is not available, with what was tried, or is not a set of questions.
        """
        builder = self.builder()
        missing = {"context", "question", "answers"} - set(builder.info.features)
        if missing:
            features = ", ".join(builder.info.features)
            raise UserError(
                f"{builder.name} is not a set of questions; its features are {features}"
            )
        names = self.splits_to_load(builder.info.splits, request)
        parts = {name: Questions(list(_rows(Records(builder, name)))) for name in names}
        made, notes = make_splits(
            parts, request, groups=lambda part: [row.group for row in part.rows]
        )
        return splits_of(made, Info(), notes)


def _rows(records: Iterable[Mapping[str, Any]]) -> Iterator[Question]:
    """Yield the questions whose answer is in their context."""
    for record in records:
        context, question = (_text(record[name]) for name in ("context", "question"))
        answers = record["answers"]
        starts = [int(start) for start in answers["answer_start"]]
        pairs = list(zip(map(_text, answers["text"]), starts, strict=True))
        group = _text(record["title"]) if "title" in record else context
        row = question_of(question, context, pairs, group)
        if isinstance(row, Question):
            yield row


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
