"""Answers of a reader to questions about texts, and their scores."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Quote
from kerasrecipes.data.files import read_text
from kerasrecipes.data.text.question_answering import (
    Question,
    QuestionPreprocessor,
    Window,
    WindowExamples,
)
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.files import is_there
from kerasrecipes.inference.inputs import texts
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.reading import reading_metrics
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs

LONGEST = 20  # tokens of an answer
_SUFFIXES = (".txt", ".text", ".md")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")


class Found(NamedTuple):
    """An answer in a text.

    Args:
        begin: where it begins, in characters; equal to `end` where there is none.
        end: where it ends.
        probability: of both ends together, from 0 to 1.
    """

    begin: int
    end: int
    probability: float


def answer(
    run: Any,
    inputs: Sequence[str | bytes],
    *,
    context: str | None = None,
    longest: Count = LONGEST,
) -> list[Answer]:
    """Answer questions about a text.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: questions; text files with a question in each line, or the content of one.
        context: the text, or the name of a file with it; without it each input is a text whose last
            line is the question.
        longest: most tokens of an answer.

    Returns:
        A `Quote` of the text for each question; a `Failure` for one without a text or without
        words.

    Raises:
        UserError: if the run is not of a reader, or a file is not there or is not a text.
    """
    preprocessor = QuestionPreprocessor.of(run.info)
    told = None if context is None else _context(context)
    asked: list[tuple[str, str]] = []
    for item in texts(inputs, _SUFFIXES):
        if told is None:
            text, _, question = item.content.strip().rpartition("\n")
            asked.append((question.strip(), text.strip()))
        else:
            lines = item.content.splitlines() if item.from_file else [item.content]
            asked += [(line.strip(), told) for line in lines if line.strip()] or [("", told)]
    failures = [_failure(preprocessor, *pair) for pair in asked]
    rows = [
        Question(question, text)
        for (question, text), failed in zip(asked, failures, strict=True)
        if failed is None
    ]
    found = iter(zip(rows, _answers(run.model, preprocessor, rows, longest), strict=True))
    return [_quote(*next(found)) if failed is None else failed for failed in failures]


def _context(context: str) -> str:
    """Return the text that a user gave, or that is in a file of that name."""
    one_word = len(context.split()) == 1
    if one_word and is_there(context):
        return read_text(Path(context).expanduser())
    if one_word and context.lower().endswith(_SUFFIXES):
        raise UserError(f"there is no file {context}")
    return context


def _failure(preprocessor: QuestionPreprocessor, question: str, text: str) -> Failure | None:
    """Return why a question cannot be answered."""
    if not text:
        wanted = "give it as --context article.txt, or above the question"
        return Failure(input=excerpt(question), error=f"there is no text to read: {wanted}")
    for what, words in (("text", text), ("question", question)):
        if not preprocessor.tokenizer.spans(words):
            return Failure(input=excerpt(question), error=f"there are no words in the {what}")
    return None


def _answers(
    model: Any, preprocessor: QuestionPreprocessor, rows: Sequence[Question], longest: int
) -> list[Found]:
    if not rows:
        return []
    x, windows, _ = preprocessor(rows)
    examples = WindowExamples(rows, windows, x, np.zeros((len(windows), 2), np.int32))
    outputs = np.asarray(model_outputs.predict(model, examples))
    return found_in(examples, outputs, preprocessor.unanswerable, longest)


def _quote(row: Question, found: Found) -> Quote:
    return Quote(
        input=row.question,
        text=row.context[found.begin : found.end],
        probability=found.probability,
        context=row.context,
        begin=found.begin,
        end=found.end,
    )


def found_in(
    examples: WindowExamples, outputs: np.ndarray, unanswerable: bool, longest: int = LONGEST
) -> list[Found]:
    """Return the best answer to each question, of all windows of its text.

    Args:
        examples: the windows.
        outputs: probabilities of the first and last token of each, `(windows, time, 2)`.
        unanswerable: whether a question may have no answer; else the best span is always taken.
        longest: most tokens of an answer.
    """
    found = []
    for _, numbers in examples.by_question():
        spans = [best_span(outputs[n], examples.windows[n], longest) for n in numbers]
        best = max(spans, key=lambda span: span.probability)
        # The text has no answer where no window has.
        none = min(float(outputs[n][0, 0] * outputs[n][0, 1]) for n in numbers)
        found.append(Found(0, 0, none) if unanswerable and none > best.probability else best)
    return found


def best_span(chances: np.ndarray, window: Window, longest: int = LONGEST) -> Found:
    """Return the most probable answer within a window.

    Args:
        chances: probabilities of each token to be the first and the last, `(time, 2)`.
        window: of a text.
        longest: most tokens of an answer.
    """
    first, last = (chances[1 : len(window.spans) + 1, end].astype(np.float64) for end in (0, 1))
    if not len(first):
        return Found(0, 0, 0.0)
    together = np.triu(np.outer(first, last)) - np.triu(np.outer(first, last), longest)
    begin, end = np.unravel_index(together.argmax(), together.shape)
    spans = window.spans
    return Found(int(spans[begin, 0]), int(spans[end, 1]), float(together[begin, end]))


def answers_of(evaluation: Evaluation) -> list[tuple[Question, Found]]:
    """Return each question of a split with the answer that was found.

    Args:
        evaluation: of questions.
    """
    examples = cast(WindowExamples, evaluation.examples)
    unanswerable = QuestionPreprocessor.of(evaluation.info).unanswerable
    found = found_in(examples, np.asarray(evaluation.outputs), unanswerable)
    rows = [row for row, _ in examples.by_question()]
    return list(zip(rows, found, strict=True))


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compute exact match and F1 by the rules of SQuAD's evaluation.

    Args:
        evaluation: of questions.

    Returns:
        See `kerasrecipes.metrics.reading.reading_metrics`.
    """
    pairs = answers_of(evaluation)
    given = [row.context[found.begin : found.end] for row, found in pairs]
    return reading_metrics(given, [row.answers for row, _ in pairs])


def likeliest_sentence(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that learns nothing: in the sentence with most of the question's words,
    rare ones counting more, the longest run of names and numbers that the question does not have.

    Args:
        evaluation: of questions.

    Reference:
        [MCTest](https://aclanthology.org/D13-1020) (Richardson et al., 2013), whose sliding window
        counts words likewise
    """
    examples = evaluation.examples
    if not isinstance(examples, WindowExamples) or not len(examples):
        return None
    rows = [row for row, _ in examples.by_question()]
    tokenizer = QuestionPreprocessor.of(evaluation.info).tokenizer
    given = [_by_overlap(row, tokenizer) for row in rows]
    return Baseline(
        "the sentence with most of its words",
        metrics=reading_metrics(given, [row.answers for row in rows]),
    )


def _by_overlap(row: Question, tokenizer: Any) -> str:
    asked = {word.lower() for word in tokenizer.tokens(row.question)}
    sentences = [tokenizer.tokens(text) for text in _SENTENCE_END.split(row.context)]
    counts = Counter(word.lower() for words in sentences for word in words)
    weights = [
        sum(math.log(1 + 1 / counts[word]) for word in {w.lower() for w in words} & asked)
        for words in sentences
    ]
    best = sentences[int(np.argmax(weights))]
    runs: list[list[str]] = [[]]
    for place, word in enumerate(best):
        # The first word has a capital whatever it is.
        named = word[:1].isdigit() or (word[:1].isupper() and place > 0)
        if named and word.lower() not in asked:
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    longest = max(runs, key=lambda run: len(run))
    return " ".join(longest or best[-3:])
