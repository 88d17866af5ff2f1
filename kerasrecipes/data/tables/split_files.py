"""Tables that lie in a file for each split: a folder with `train.csv` and `test.csv`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data import csv_reader
from kerasrecipes.data.examples import Arrays
from kerasrecipes.errors import UserError, excerpt
from kerasrecipes.recipe import SPLITS


def of(folder: Path) -> dict[str, Path]:
    """Return the files of a folder by split.

    Args:
        folder: of the user's.

    Returns:
        Nothing if it is no folder, or holds anything but such files.
    """
    files = {name: folder / f"{name}.csv" for name in SPLITS}
    if not (folder.is_dir() and files["train"].is_file()):
        return {}
    there = {file for file in folder.iterdir() if not file.name.startswith(".")}
    return {n: f for n, f in files.items() if f in there} if there <= {*files.values()} else {}


def read(path: Path, header: bool | None) -> tuple[dict[str, int], csv_reader.Cells]:
    """Read a table from its file, or from the files of its splits.

    Args:
        path: of the file or folder.
        header: whether the first row holds names; by default this is guessed.

    Returns:
        The number of rows of each split, empty for a single file; and all rows, split by split.

    Raises:
        UserError: if a file is not a table, or lacks a column of the training's.
    """
    files = of(path)
    if not files:
        return {}, csv_reader.read(str(path), header)
    import pyarrow

    tables = {name: csv_reader.read(str(file), header) for name, file in files.items()}
    train = tables["train"]
    names = train.names or [str(place) for place in range(len(train.arrays))]
    columns = {name: _by_name(table) for name, table in tables.items()}
    for split, found in columns.items():
        lacking = [name for name in names if name not in found]
        if lacking:
            raise UserError(f"{files[split]} lacks the column '{excerpt(lacking[0])}' of train.csv")
    arrays = [
        pyarrow.chunked_array([c for found in columns.values() for c in found[name].chunks])
        for name in names
    ]
    notes = tuple(dict.fromkeys(note for table in tables.values() for note in table.notes))
    rows = {name: len(table) for name, table in tables.items()}
    return rows, csv_reader.Cells(arrays, train.names, notes, train.decimal)


def _by_name(table: csv_reader.Cells) -> dict[str, Any]:
    names = table.names or [str(place) for place in range(len(table.arrays))]
    return dict(zip(names, table.arrays, strict=True))


def parts(whole: Arrays, rows: Mapping[str, int], known: np.ndarray) -> dict[str, Arrays]:
    """Divide rows as their files did.

    Args:
        whole: the rows that have a target.
        rows: number of rows of each split before; empty where they are not divided.
        known: `(rows,)`, which of them have a target.

    Returns:
        The rows of each split; all of them as `train` where they are not divided.
    """
    if not rows:
        return {"train": whole}
    of_row = np.repeat(np.arange(len(rows)), [*rows.values()])[known]
    return {name: whole.select(np.flatnonzero(of_row == n)) for n, name in enumerate(rows)}
