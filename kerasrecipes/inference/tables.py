"""Predictions for raw rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Chance, Label, Labels, Value
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.errors import UserError
from kerasrecipes.inference.class_probabilities import both_classes, ranked
from kerasrecipes.inference.image_classification import classify
from kerasrecipes.info import Info
from kerasrecipes.training import model_outputs

TOP = 5  # classes that an answer lists
# What answers have that are no classes with probabilities, by task.
_NOT_RANKED = {
    "regression": "numbers",
    "multilabel": "a probability for each label",
    "signed": "a class and its score",
}


def predict_rows(
    run: Any, inputs: Sequence[str | bytes], *, top: int | None = None, **options: Any
) -> list[Answer]:
    """Predict for every row of CSV files, or for every image where the model was trained on images.

    Columns are found by their names where the file has a header, else by their order; the target
    may be there or not. Cells are read as in training: with currency, units and dates. A missing
    cell is encoded as in training, and a word that was not seen in training as no word; a note
    names such words.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: paths of CSV files, or their content as bytes.
        top: number of classes that an answer lists; by default 5.
        **options: of `kerasrecipes.inference.image_classification.classify`, for images.

    Returns:
        For each row a `Label`, `Labels` or a `Value`, with notes on odd cells. Its input is the
        file and the row's number, or `row 1` and so on for contents, counted over all of them.

    Raises:
        UserError: if a file is not a table, or lacks a column, or `top` is not of use.
    """
    if top is not None:
        _check_top(top, run.info)
    most = TOP if top is None else top
    if isinstance(run.info.preprocessor, ImagePreprocessor):
        return classify(run, inputs, top=most, **options)
    preprocessor = TablePreprocessor.of(run.info)
    answers: list[Answer] = []
    before = 0
    for source in inputs:
        x, notes = preprocessor(source)
        outputs = np.asarray(model_outputs.of_arrays(run.model, x, 1024))
        # Rows of several objects are counted on.
        first, name = (before, "row ") if isinstance(source, bytes) else (0, f"{source}:")
        before += len(outputs) if isinstance(source, bytes) else 0
        for row, output in enumerate(outputs):
            place = {"input": f"{name}{first + row + 1}", "notes": notes.get(row, ())}
            answers.append(answer_of(output, run.info, most, **place))
    return answers


def _check_top(top: int, info: Info) -> None:
    if top < 1:
        raise UserError(f"top={top}: must be at least 1")
    if info.task in _NOT_RANKED:
        raise UserError(
            f"top={top} is for the probabilities of classes; this model answers with "
            f"{_NOT_RANKED[info.task]}"
        )


def answer_of(output: np.ndarray, info: Info, top: int = TOP, **place: Any) -> Answer:
    """Turn a model's output for one example into an answer.

    Args:
        output: `(units,)`, of the task's head.
        info: of the data, with the name of the task.
        top: number of classes that an answer lists.
        **place: `input` and `notes` of the answer.

    Returns:
        A `Value` of a regression, `Labels` that do not exclude each other, a `Label` with the score
        of a perceptron, else a `Label` with the most probable classes.
    """
    task, targets, classes = info.task, info.targets or (), info.classes or ()
    if task == "regression":
        values = dict(zip(targets, map(float, output), strict=True))
        if len(values) > 1:
            return Value(by_target=values, **place)
        return Value(value=next(iter(values.values())), **place)
    if task == "multilabel":
        pairs = zip(targets, map(float, output), strict=True)
        return Labels(probabilities=tuple(Chance(*pair) for pair in pairs), **place)
    if task == "signed":
        return Label(label=classes[int(output[0] >= 0)], score=float(output[0]), **place)
    return Label(**ranked(both_classes(output[None])[0], classes, top), **place)
