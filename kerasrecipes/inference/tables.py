"""Predictions for raw rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Chance, Label, Labels, Value
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.inference.class_probabilities import both_classes, ranked
from kerasrecipes.inference.image_classification import classify
from kerasrecipes.info import Info
from kerasrecipes.training import model_outputs

TOP = 5  # classes that an answer lists


def predict_rows(run: Any, inputs: Sequence[str | bytes], **options: Any) -> list[Answer]:
    """Predict for every row of CSV files, or for every image where the model was trained on images.

    Columns are found by their names where the file has a header, else by their order; the target
    may be there or not. Cells are read as in training: with currency, units and dates. A missing
    cell is encoded as in training, and a word that was not seen in training as no word; a note
    names such words.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: paths of CSV files, or their content as bytes.
        **options: of `kerasrecipes.inference.image_classification.classify`, for images.

    Returns:
        For each row a `Label`, `Labels` or a `Value`, whose input is the file and the row's number,
        with notes on odd cells.

    Raises:
        UserError: if a file is not a table, or lacks a column.
    """
    if isinstance(run.info.preprocessor, ImagePreprocessor):
        return classify(run, inputs, **options)
    preprocessor = TablePreprocessor.of(run.info)
    answers: list[Answer] = []
    for source in inputs:
        x, notes = preprocessor(source)
        outputs = np.asarray(model_outputs.of_arrays(run.model, x, 1024))
        name = "-" if isinstance(source, bytes) else str(source)
        for row, output in enumerate(outputs):
            place = {"input": f"{name}:{row + 1}", "notes": notes.get(row, ())}
            answers.append(answer_of(output, run.info, **place))
    return answers


def answer_of(output: np.ndarray, info: Info, **place: Any) -> Answer:
    """Turn a model's output for one example into an answer.

    Args:
        output: `(units,)`, of the task's head.
        info: of the data, with the name of the task.
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
    return Label(**ranked(both_classes(output[None])[0], classes, TOP), **place)
