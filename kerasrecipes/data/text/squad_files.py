"""Questions about texts in the user's own files: SQuAD's JSON, versions 1.1 and 2.0, and tables.

Reference:
    [SQuAD](https://arxiv.org/abs/1606.05250) (Rajpurkar et al., 2016)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from kerasrecipes.data.files import read_text
from kerasrecipes.data.row_files import rows_of_roles
from kerasrecipes.data.sources import FileSource
from kerasrecipes.data.splits import make_splits, split_of, splits_of, words_of
from kerasrecipes.data.text.question_answering import Question, Questions
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson")
_USUAL = {
    "context": ("context", "passage", "paragraph", "article", "text"),
    "question": ("question", "query"),
    "target": ("answer", "answers", "target", "label"),
}


@dataclass(frozen=True)
class QuestionSource(FileSource):
    """The user's own questions: SQuAD's JSON files, or tables of context, question and answer."""

    summary: str = "SQuAD's JSON, a CSV of context, question and answer, or a folder with splits"
    example: ClassVar[str] = "train-v1.1.json"
    roles: ClassVar[tuple[str, ...]] = tuple(_USUAL)

    def load(self, request: Request) -> Splits:
        """Read the questions; missing splits are drawn by article, which no two splits share.

        Raises:
            UserError: if a file has another form, or there are no questions.
        """
        path, notes = self.path_of(request), []
        parts = {}
        for name, files in files_by_split(path).items():
            rows: list[Question] = []
            for file in files:
                found, told = read(file, request.options)
                rows += found
                notes += told
            parts[name] = Questions(rows)
        if not any(map(len, parts.values())):
            raise UserError(f"there are no questions in '{path}'")
        if "train" not in parts and request.trained_info is None:
            raise UserError(f"'{path}' has no file with train in its name")
        made, drawn = make_splits(
            parts, request, groups=lambda part: [row.group for row in part.rows]
        )
        return splits_of(made, Info(), [*notes, *drawn])

    def accepts(self, path: str) -> bool:
        """Whether `path` is a JSON file or a table, or a folder of such."""
        found = Path(path).expanduser()
        if found.is_dir():
            return bool(files_by_split(found))
        return found.is_file() and found.suffix.lower() in (*_TABLES, ".json")


def files_by_split(path: Path) -> dict[str, list[Path]]:
    """Return the files of each split by the words of their names; what is alone is all training."""
    if not path.is_dir():
        return {"train": [path]}
    found: dict[str, list[Path]] = {}
    files = [f for f in sorted(path.iterdir()) if f.suffix.lower() in (*_TABLES, ".json")]
    for file in files:
        if split := split_of(words_of(file.name)):
            found.setdefault(split, []).append(file)
    return found if "train" in found or len(files) != 1 else {"train": files}


def read(path: Path, options: Mapping[str, Any] | None = None) -> tuple[list[Question], list[str]]:
    """Read the questions of a file.

    Args:
        path: SQuAD's JSON, or a table.
        options: the user's columns of a table by role; by default found by their names.

    Returns:
        The questions, and notes on those that were left out.

    Raises:
        UserError: if it is of another form, or no answer is in its context.
    """
    notes: list[str] = []
    table = path.suffix.lower() != ".json"
    rows = list(_table(path, options or {}, notes) if table else _squad(path))
    kept = [row for row in rows if isinstance(row, Question)]
    lost = [row for row in rows if isinstance(row, str)]
    if lost and not kept:
        raise UserError(f"{path}: no answer is in its context, such as {lost[0]}")
    if not lost:
        return kept, notes
    some = f"{len(lost):,} question{'s' * (len(lost) > 1)}"
    told = f"left out {some} whose answer is not in the context, such as {lost[0]}"
    return kept, [*notes, told]


def _squad(path: Path) -> Iterator[Question | str]:
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON: {excerpt(str(error))}") from None
    try:
        for number, article in enumerate(content["data"]):
            group = str(article.get("title") or number)
            for paragraph in article["paragraphs"]:
                context = _text(paragraph["context"])
                for asked in paragraph["qas"]:
                    given = [] if asked.get("is_impossible") else asked["answers"]
                    pairs = [(_text(one["text"]), one["answer_start"]) for one in given]
                    yield question_of(_text(asked["question"]), context, pairs, group)
    except (TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f'{path}: expected SQuAD\'s form, {{"data": [{{"paragraphs": [{{"context": …, "qas": '
            f"…}}]}}]}}, received another: {excerpt(str(error))}"
        ) from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"a text was expected, received {type(value).__name__}")
    return value


def question_of(
    question: str, context: str, pairs: Sequence[tuple[str, Any]], group: str
) -> Question | str:
    """Return a question whose answers are in its context, or an answer where none of them is.

    Args:
        question: as it was asked.
        context: the text.
        pairs: right answers, and where each begins; where that is wrong or `None` it is looked for.
        group: what is not divided among splits.
    """
    answers, starts = [], []
    for text, start in pairs:
        there = isinstance(start, int) and context[start : start + len(text)] == text
        # Where the place is wrong or not told, the first one is as good as any.
        place = start if there else context.find(text)
        if place < 0 and text.strip():
            place = context.lower().find(text.strip().lower())
        if text.strip() and place >= 0:
            answers.append(context[place : place + len(text)])
            starts.append(place)
    if pairs and not answers:
        return f"'{excerpt(pairs[0][0])}'"
    # The same answer at the same place counts once.
    unique = dict.fromkeys(zip(answers, starts, strict=True))
    return Question(
        question, context, tuple(a for a, _ in unique), tuple(s for _, s in unique), group
    )


def _table(path: Path, options: Mapping[str, Any], notes: list[str]) -> Iterator[Question | str]:
    for context, question, answer in rows_of_roles(path, _USUAL, options, notes):
        # An empty cell says that the context does not tell.
        yield question_of(question, context, [(answer, None)] if answer else [], context)
