"""Answers to raw rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerasrecipes.data import csv_reader
from kerasrecipes.data.tables import columns as encodings
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Info

TOP = 5


def answer(run: Any, inputs: Sequence[str | bytes], **options: Any) -> list[dict[str, Any]]:
    """Answer every row of CSV files, or every image where the model was trained on images.

    Columns are found by their names where the file has a header, else by their order; the target
    may be there or not. A missing cell and a word that was not seen in training are answered as
    they were learned from missing cells and from rows without any known word; a note says so for
    the latter.

    Args:
        run: has the trained `model` and the `info` of its data.
        inputs: paths of CSV files, or their content as bytes.
        **options: of the answers to images.

    Returns:
        A row's answer each: `input` with its file and number; `label`, `probability` and the most
        probable `probabilities`, or for numbers `value`, or by target `values`; `notes` on odd
        cells.

    Raises:
        UserError: if a file is no table, or lacks a column.
    """
    if "image" in run.info.facts:
        from kerasrecipes.inference.image_classification import classify

        return classify(run, inputs, **options)
    answers: list[dict[str, Any]] = []
    for source in inputs:
        x, notes = _rows(source, run.info)
        outputs = np.asarray(run.model.predict(x, verbose=0, batch_size=1024))
        name = "-" if isinstance(source, bytes) else str(source)
        for number, output in enumerate(outputs):
            odd = {"notes": notes[number]} if number in notes else {}
            answers.append({"input": f"{name}:{number + 1}", **describe(output, run.info), **odd})
    return answers


def describe(output: np.ndarray, info: Info) -> dict[str, Any]:
    """Put a model's output for one example in words.

    Args:
        output: `(units,)`, as the task's head gives it.
        info: of the data; its facts name the task.
    """
    task = info.facts["task"]
    if task == "regression":
        values = dict(zip(info.targets, (float(value) for value in output), strict=True))
        return {"values": values} if len(values) > 1 else {"value": next(iter(values.values()))}
    if task == "multilabel":
        return {"probabilities": [_share(n, p) for n, p in zip(info.targets, output, strict=True)]}
    if task == "signed":
        return {"label": info.classes[int(output[0] >= 0)], "score": float(output[0])}
    probabilities = np.array([1 - output[0], output[0]]) if task == "binary" else output
    best = np.argsort(-probabilities)[:TOP]
    top = [_share(info.classes[number], probabilities[number]) for number in best]
    return {**top[0], "probabilities": top}


def _share(label: str, probability: float) -> dict[str, Any]:
    return {"label": label, "probability": float(probability)}


def _rows(source: str | bytes, info: Info) -> tuple[np.ndarray, dict[int, list[str]]]:
    """Read and encode rows, `(rows, features)`, with what was odd about each."""
    table = info.facts["table"]
    encoding = table["columns"]
    known = frozenset(entry["name"].lower() for entry in encoding)
    cells = csv_reader.read(source, known=known)
    if len(cells) == 0:
        raise UserError(f"{source if isinstance(source, str) else 'standard input'} holds no rows")
    positions = (
        _by_name(cells.names, encoding) if cells.names else _by_order(len(cells.columns), table)
    )
    columns, notes = {}, {}
    for entry, position in zip(encoding, positions, strict=True):
        columns[entry["name"]], odd = encodings.typed(cells.columns[position], entry)
        for row, note in odd.items():
            notes.setdefault(row, []).append(note)
    return encodings.encode(columns, encoding), notes


def _by_name(names: Sequence[str], encoding: Sequence[Mapping[str, Any]]) -> list[int]:
    lower = [name.lower() for name in names]
    places = {name: lower.index(name) for name in lower} | {
        name: index for index, name in enumerate(names)
    }
    missing = [entry["name"] for entry in encoding if entry["name"].lower() not in lower]
    if missing:
        raise UserError(f"the rows lack the column '{missing[0]}'; received {', '.join(names)}")
    return [places.get(entry["name"], places[entry["name"].lower()]) for entry in encoding]


def _by_order(count: int, table: Mapping[str, Any]) -> list[int]:
    """Find the columns in a file without header that has all the training's columns, or all but the
    targets.
    """
    everything = table["order"]
    for order in (everything, [name for name in everything if name not in table["targets"]]):
        if len(order) == count:
            return [order.index(entry["name"]) for entry in table["columns"]]
    without = len(everything) - len(table["targets"])
    raise UserError(
        f"the rows have {count} columns; expected {without}, or {len(everything)} with the target"
    )
