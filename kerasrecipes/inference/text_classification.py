"""Predictions of a text classifier for a user's own texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Failure, Label
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.class_probabilities import both_classes, ranked
from kerasrecipes.inference.inputs import texts
from kerasrecipes.interpret.explanation import Span, WordImportance
from kerasrecipes.training import model_outputs

BATCH = 1024  # texts that are in memory at a time
_SUFFIXES = (".txt", ".text", ".md", ".csv", ".tsv", ".json", ".jsonl", ".html")


def classify(
    run: Any,
    inputs: Iterable[str | Path | bytes],
    *,
    top: int = 5,
    lines: bool = False,
    explain: bool = False,
) -> list[Answer]:
    """Classify texts.

    Args:
        run: has `model`, a trained `keras.Model` from token ids to class probabilities, and `info`.
        inputs: texts; text files, and folders of them; or contents of text files, as bytes. A file
            is one text.
        top: number of classes that an answer lists.
        lines: whether each line of a file is a text of its own.
        explain: whether to show how much each word of a text speaks for the answer.

    Returns:
        A `Label` for each text; with notes where the answer is doubtful, and `WordImportance` as
        explanation where asked for. A file in a folder that is not a text is a `Failure`.

    Raises:
        UserError: if a file that was named is not there or is not a text, or the model was not
            trained on texts.
    """
    if top < 1:
        raise UserError(f"top={top}: must be at least 1")
    preprocessor = TextPreprocessor.of(run.info)
    answers: list[Answer] = []
    found = readable_texts(inputs, lines)
    while batch := list(islice(found, BATCH)):
        answers += _answers(run, preprocessor, batch, top, explain)
    if not answers:
        raise UserError(
            "there is no text to predict; give texts, text files, or a folder that holds some"
        )
    return answers


def readable_texts(
    inputs: Iterable[str | Path | bytes], lines: bool = False
) -> Iterator[tuple[str, str | UserError]]:
    """Yield name and text of each input, or why it could not be read.

    Args:
        inputs: texts; text files, and folders of them; or contents of text files, as bytes.
        lines: whether each line of a file is a text of its own.

    Raises:
        UserError: if a file that was named is not there or is not a text.
    """
    for item in texts(inputs, _SUFFIXES, folders=True):
        if not lines or not item.from_file or isinstance(item.text, UserError):
            yield item.name, item.text
        else:
            yield from (
                (f"{item.name}:{number}", line)
                for number, line in enumerate(item.text.splitlines(), 1)
                if line.strip()
            )


def _answers(
    run: Any,
    preprocessor: TextPreprocessor,
    batch: Sequence[tuple[str, str | UserError]],
    top: int,
    explain: bool,
) -> list[Answer]:
    readable = [text for _, text in batch if not isinstance(text, UserError)]
    # Only readable texts have a row; the loop takes the next one whenever it meets one.
    rows = iter(probabilities(run.model, preprocessor, readable) if readable else ())
    answers: list[Answer] = []
    for name, text in batch:
        if isinstance(text, UserError):
            answers.append(Failure(input=name, error=str(text)))
            continue
        found = ranked(next(rows), run.info.classes, top)
        shown = word_importance(run, preprocessor, text, found) if explain else None
        notes = preprocessor.doubts(text)
        answers.append(Label(input=name, **found, explanation=shown, notes=notes))
    return answers


def probabilities(
    model: Any, preprocessor: TextPreprocessor, readable: Sequence[str]
) -> np.ndarray:
    """Compute class probabilities.

    Args:
        model: trained; one output alone is the probability of the second of two classes.
        preprocessor: of its training.
        readable: texts.

    Returns:
        `(texts, classes)`.
    """
    # Examples must have labels; a prediction ignores them.
    examples = RaggedExamples(
        Ragged.of(preprocessor.rows(readable)),
        np.zeros((len(readable), 1), np.float32),
        pad_to=preprocessor.pad_to,
    )
    return both_classes(model_outputs.predict(model, examples, 128))


def word_importance(
    run: Any, preprocessor: TextPreprocessor, text: str, answer: Mapping[str, Any]
) -> WordImportance:
    """Compute how much each word of a text speaks for an answer.

    Args:
        run: has the trained `model` and `info`.
        preprocessor: of the run.
        text: as it was given.
        answer: to the text, with `label` and `probability`.

    Returns:
        The importance of each token, `None` where the model did not read it.
    """
    from kerasrecipes.interpret.token_attribution import importance

    spans = preprocessor.tokenizer.spans(text)
    answered = np.array([run.info.classes.index(answer["label"])])
    scores = importance(run.model, preprocessor([text]), answered)[0]
    # A long text is cut before it is read, so positions in it and in the row differ.
    read = {
        position: float(scores[index])
        for index, position in enumerate(preprocessor.kept_positions(len(spans)))
    }
    return WordImportance(
        label=answer["label"],
        probability=answer["probability"],
        text=text,
        spans=tuple(
            Span(begin=begin, end=end, importance=read.get(position))
            for position, (begin, end) in enumerate(spans)
        ),
    )
