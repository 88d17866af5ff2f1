"""Sources of tables: those that come with scikit-learn, and the user's own CSV files.

A source gives raw columns by name: float64 with NaN, or objects with `None`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data import csv_reader
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.sources import FileSource, SyntheticSource
from kerasrecipes.data.splits import SHARES, SMALL_SHARES, make_splits, splits_of
from kerasrecipes.data.tables.targets import choose, describe
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Info, Request, Splits

FEWEST_ROWS = 10
_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data")
# Name: (loader of scikit-learn, name for the target, what it holds).
_SKLEARN = {
    "iris": ("load_iris", "species", "150 iris flowers by four lengths, three species"),
    "wine": ("load_wine", "grower", "178 wines by 13 chemical measurements, three growers"),
    "breast_cancer": (
        "load_breast_cancer",
        "tumour",
        "569 tumours by 30 measurements, malignant or benign",
    ),
    "diabetes": (
        "load_diabetes",
        "progression",
        "442 patients by ten measurements, how far the disease went in a year",
    ),
}


@dataclass(frozen=True)
class SklearnTable(SyntheticSource):
    """A table that comes with scikit-learn.

    Args:
        name: `iris`, `wine`, `breast_cancer` or `diabetes`.

    Raises:
        UserError: if there is no such table.
    """

    name: str
    summary: str = field(init=False)

    def __post_init__(self):
        if self.name not in _SKLEARN:
            raise unknown("embedded table", self.name, _SKLEARN)
        # A frozen dataclass lets a computed field be set in no other way.
        object.__setattr__(self, "summary", _SKLEARN[self.name][2])

    def load(self, request: Request) -> Splits:
        """Load and divide the rows."""
        from sklearn import datasets

        loader, label, _ = _SKLEARN[self.name]
        # The diabetes measurements come standardised unless asked for as they were taken.
        options = {"scaled": False} if self.name == "diabetes" else {}
        loaded = getattr(datasets, loader)(**options)
        table = {
            str(name): loaded.data[:, column].astype(float)
            for column, name in enumerate(loaded.feature_names)
        }
        classes = getattr(loaded, "target_names", None)
        if classes is None:
            target = loaded.target.astype(float)
        else:
            target = np.array(classes, dtype=object)[loaded.target]
        return divide_rows(
            {**table, label: target},
            replace(request, options={"target": label}),
            shares=SMALL_SHARES,
        )


@dataclass(frozen=True)
class CsvFile(FileSource):
    """The user's own CSV file; `--target` names the column to predict, by default the last."""

    summary: str = "a CSV file of your own (--data rows.csv --target COLUMN)"
    example = "rows.csv --target COLUMN"

    def load(self, request: Request) -> Splits:
        """Read and divide the rows.

        Raises:
            UserError: if the file is not a table, or the target not a column of it.
        """
        cells = csv_reader.read(str(self.path_of(request)), _header(request.options))
        names = cells.names or [f"column_{number}" for number in range(1, len(cells.columns) + 1)]
        table = {name: _typed(column) for name, column in zip(names, cells.columns, strict=True)}
        notes = _drop_row_numbers(table, cells.names is not None)
        return divide_rows(table, request, named=cells.names is not None, order=names, notes=notes)

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a file with a usual suffix of such tables."""
        return Path(path).suffix.lower() in _SUFFIXES and Path(path).expanduser().is_file()


def divide_rows(
    table: Mapping[str, np.ndarray],
    request: Request,
    *,
    named: bool = True,
    order: Sequence[str] = (),
    notes: Sequence[str] = (),
    shares: Sequence[float] = SHARES,
) -> Splits:
    """Choose the target of a table and divide its rows at random; see `make_splits`.

    Args:
        table: raw columns by name, the target among them.
        request: gives the seed and, as the option `target`, the column or columns to predict.
        named: whether the names are the user's own.
        order: all columns of the file in order, also those that are not in `table`.
        notes: notes for the user on what was done to the rows before.
        shares: shares of train, validation and test.

    Returns:
        Splits whose examples are raw: `x` and `y` are dictionaries of columns.

    Raises:
        UserError: if the target is not a column, or there are too few rows.
    """
    trained = request.trained_info.facts.get("table") if request.trained_info else None
    wanted = request.options.get("target") or (",".join(trained["targets"]) if trained else None)
    targets = choose(list(table), wanted)
    known = np.all([_present(table[name]) for name in targets], axis=0)
    count = int(known.sum())
    if count < len(known):
        notes = [*notes, f"{len(known) - count} rows without a target were left out"]
    if count < (1 if request.trained_info else FEWEST_ROWS):
        raise UserError(
            f"the table has {count} rows with a target; at least {FEWEST_ROWS} are needed"
        )
    if len(table) == len(targets):
        raise UserError(f"the table has no column beside the target '{', '.join(targets)}'")
    table = {name: column[known] for name, column in table.items()}
    x = {name: column for name, column in table.items() if name not in targets}
    whole = Arrays(x, {name: table[name] for name in targets})
    first = describe(targets[0], table[targets[0]])
    classes = first.class_indices(table[targets[0]]) if len(targets) == 1 else None
    if classes is not None and np.bincount(classes).max() < len(shares):
        classes = None  # whole numbers of which each is rare are amounts
    parts, drawn = make_splits(
        {"train": whole},
        request,
        labels=None if classes is None else lambda _: classes,
        shares=shares,
    )
    facts = {"table": {"targets": targets, "named": named, "order": list(order or table)}}
    # Files have these shares; that an embedded or known table is divided is no news.
    noted = drawn if shares == SHARES else []
    return splits_of(parts, Info(facts=facts), (*notes, *noted))


def _present(column: np.ndarray) -> np.ndarray:
    """Return which cells are not missing, `(rows,)`."""
    if column.dtype.kind == "f":
        return ~np.isnan(column)
    return np.array([cell is not None for cell in column], bool)


def _typed(column: np.ndarray) -> np.ndarray:
    values = csv_reader.numbers(column)
    return column if values is None else values


def _header(options: Mapping[str, Any]) -> bool | None:
    word = options.get("header")
    if word in (None, "auto", True, False):
        return None if word == "auto" else word
    if str(word).lower() not in ("yes", "no", "true", "false"):
        raise unknown("value of header", str(word), ["auto", "yes", "no"])
    return str(word).lower() in ("yes", "true")


def _drop_row_numbers(table: dict[str, np.ndarray], named: bool) -> list[str]:
    """Leave out a first column without a name of its own that only counts the rows, as data frames
    write it.
    """
    first = next(iter(table))
    values = table[first]
    # `column_1` is an empty cell in the header, `Unnamed: 0` is what pandas calls one.
    unnamed = named and first.lower() in ("column_1", "unnamed: 0", "index", "id")
    if (
        not unnamed
        or len(table) < 3
        or values.dtype.kind != "f"
        or len(values) < 2
        or not np.all(np.diff(values) == 1)
    ):
        return []
    del table[first]
    return [f"column '{first}' only counts the rows and was left out"]
