"""Grades of texts, and their scores."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Chance, Failure, Label
from kerasrecipes.data.ragged import Ragged, RaggedExamples
from kerasrecipes.data.text.classification_encoding import TextPreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference import bag_of_words as words
from kerasrecipes.inference.text_classification import readable_texts
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.metrics.ordinal import grades_of, ordinal_metrics
from kerasrecipes.recipe import Evaluation
from kerasrecipes.training import model_outputs


def rate(run: Any, inputs: Iterable[str | Path | bytes], *, lines: bool = False) -> list[Answer]:
    """Grade texts.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: texts; text files, and folders of them; or contents of text files, as bytes. A file
            is one text.
        lines: whether each line of a file is a text of its own.

    Returns:
        A `Label` for each text: the grade, the probability of each, and the mean grade where
        grades are numbers; a `Failure` for a file in a folder that is not a text.

    Raises:
        UserError: if a file that was named is not there or is not a text, or the model was not
            trained on texts.
    """
    preprocessor = TextPreprocessor.of(run.info)
    found = list(readable_texts(inputs, lines))
    readable = [text for _, text in found if not isinstance(text, UserError)]
    rows = iter(_outputs(run.model, preprocessor, readable) if readable else ())
    answers: list[Answer] = []
    for name, text in found:
        if isinstance(text, UserError):
            answers.append(Failure(input=name, error=str(text)))
        else:
            notes = preprocessor.doubts(text)
            answers.append(_answer(name, next(rows), run.info.classes, notes))
    return answers


def _outputs(model: Any, preprocessor: TextPreprocessor, texts: list[str]) -> np.ndarray:
    # Examples must have labels; a prediction ignores them.
    rows = Ragged.of(preprocessor.rows(texts))
    examples = RaggedExamples(rows, np.zeros(len(texts), np.int32), pad_to=preprocessor.pad_to)
    return np.asarray(model_outputs.predict(model, examples, 128))


def _answer(name: str, output: np.ndarray, grades: Any, notes: list[str]) -> Label:
    best = int(grades_of(output[None], len(grades))[0])
    if len(output) == 1:
        return Label(input=name, label=grades[best], score=float(output[0]), notes=notes)
    chances = [Chance(grade, float(p)) for grade, p in zip(grades, output, strict=True)]
    return Label(
        input=name,
        label=grades[best],
        probability=chances[best].probability,
        # In the order of the grades, which says more than that of the probabilities.
        probabilities=tuple(chances),
        details=_mean(grades, output),
        notes=notes,
    )


def _mean(grades: Any, output: np.ndarray) -> dict[str, float]:
    try:
        return {"mean": round(float(np.dot(output, [float(grade) for grade in grades])), 2)}
    except ValueError:  # grades that are words have no mean
        return {}


def scores(evaluation: Evaluation) -> dict[str, float]:
    """Compute how well the grades agree with the true ones.

    Args:
        evaluation: of grades.

    Returns:
        See `kerasrecipes.metrics.ordinal.ordinal_metrics`.
    """
    grades = evaluation.info.num_classes
    return ordinal_metrics(truth_of(evaluation), grades_of(evaluation.outputs, grades), grades)


def truth_of(evaluation: Evaluation) -> np.ndarray:
    """Return the indices of the true grades, `(texts,)`."""
    return np.asarray(evaluation.labels).reshape(-1).astype(np.int64)


def bag_of_words(evaluation: Evaluation) -> Baseline | None:
    """Return what counting words reaches: the most probable grade of logistic regression on tf-idf.

    Args:
        evaluation: with its training split.
    """
    found = words.bag_of_words(evaluation)
    if found is None or (outputs := found.outputs_for(len(evaluation.examples))) is None:
        return found
    grades = evaluation.info.num_classes
    return replace(found, answer=None, outputs=np.eye(grades)[outputs.argmax(axis=-1)])
