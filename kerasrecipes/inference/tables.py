"""Predictions for raw rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasrecipes.answers.answer import Answer
from kerasrecipes.answers.words import Chance, Label, Labels, Value
from kerasrecipes.data import csv_reader
from kerasrecipes.data.images.preprocessor import ImagePreprocessor
from kerasrecipes.data.tables import columns as encodings
from kerasrecipes.data.tables.kinds import ColumnKind
from kerasrecipes.errors import UserError
from kerasrecipes.inference.class_probabilities import both_classes, ranked
from kerasrecipes.inference.image_classification import classify
from kerasrecipes.recipe import Info
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
    answers: list[Answer] = []
    for source in inputs:
        x, notes = _rows(source, run.info)
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
    task, targets, classes = info.facts["task"], info.targets or (), info.classes or ()
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


def _rows(source: str | bytes, info: Info) -> tuple[np.ndarray, dict[int, list[str]]]:
    """Read and encode rows, `(rows, features)`, with notes on odd cells by row."""
    table = info.facts["table"]
    encoding = table["columns"]
    # A name of the training in the first row shows that it is a header, whatever the cells hold.
    known = frozenset(entry["name"].lower() for entry in encoding)
    cells = csv_reader.read(source, known=known)
    if len(cells) == 0:
        raise UserError(f"{source if isinstance(source, str) else 'standard input'} holds no rows")
    positions = (
        _by_name(cells.names, encoding) if cells.names else _by_order(len(cells.columns), table)
    )
    columns: dict[str, np.ndarray] = {}
    notes: dict[int, list[str]] = {}
    kinds = {entry["name"]: ColumnKind.from_dict(entry) for entry in table.get("kinds", ())}
    for entry, position in zip(encoding, positions, strict=True):
        name = entry["name"]
        # Runs of earlier versions kept no kinds: their numbers are read as this file writes them.
        kind = kinds.get(name) or ColumnKind(name, "number", decimal=cells.decimal)
        columns[name], odd = encodings.typed(cells.arrays[position], entry, kind)
        for row, note in odd.items():
            notes.setdefault(row, []).append(note)
    return encodings.encode(columns, encoding), notes


def _by_name(names: Sequence[str], encoding: Sequence[Mapping[str, Any]]) -> list[int]:
    lower = [name.lower() for name in names]
    indices = {name: lower.index(name) for name in lower} | {
        name: index
        for index, name in enumerate(names)  # the exact spelling goes first
    }
    missing = [entry["name"] for entry in encoding if entry["name"].lower() not in lower]
    if missing:
        raise UserError(f"the rows lack the column '{missing[0]}'; received {', '.join(names)}")
    return [indices.get(entry["name"], indices[entry["name"].lower()]) for entry in encoding]


def _by_order(count: int, table: Mapping[str, Any]) -> list[int]:
    """Return the columns' indices in a file without header, which has all columns of the training
    or all but the targets.
    """
    everything = table["order"]
    for order in (everything, [name for name in everything if name not in table["targets"]]):
        if len(order) == count:
            return [order.index(entry["name"]) for entry in table["columns"]]
    without = len(everything) - len(table["targets"])
    raise UserError(
        f"the rows have {count} columns; expected {without}, or {len(everything)} with the target"
    )
