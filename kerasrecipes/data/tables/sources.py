"""Sources of tables: those that come with scikit-learn, and the user's own CSV files.

A source gives raw columns by name: float64 with NaN, or objects with `None`. What each holds is
decided by its cells, or by the user; see `kerasrecipes.data.tables.kinds`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from kerasrecipes.data import csv_reader, roles
from kerasrecipes.data.duplicates import duplicates_note
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.files import is_regular
from kerasrecipes.data.sources import FileSource, SyntheticSource
from kerasrecipes.data.splits import SHARES, SMALL_SHARES, make_splits, splits_of
from kerasrecipes.data.tables import kinds as column_kinds
from kerasrecipes.data.tables import split_files
from kerasrecipes.data.tables.kinds import ColumnKind
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.data.tables.targets import choose, describe
from kerasrecipes.errors import UserError, excerpt, unknown
from kerasrecipes.info import Info
from kerasrecipes.recipe import Request, Splits

FEWEST_ROWS = 10
_NAMED = 5  # columns that a message names
ROLES = ("target", "weight")  # of the columns of tables
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
    roles: ClassVar[tuple[str, ...]] = ROLES
    kinds: ClassVar[bool] = True

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
        return divide_rows({**table, label: target}, request, target=label, shares=SMALL_SHARES)


@dataclass(frozen=True)
class CsvFile(FileSource):
    """The user's own CSV file, or a folder with `train.csv` and `test.csv`, perhaps
    `validation.csv`; `--target` names the column to predict.
    """

    summary: str = "a CSV file of your own (--data rows.csv --target COLUMN)"
    example = "rows.csv --target COLUMN"
    roles: ClassVar[tuple[str, ...]] = ROLES
    kinds: ClassVar[bool] = True

    def load(self, request: Request) -> Splits:
        """Read and divide the rows.

        Raises:
            UserError: if the file is not a table, or the target not a column of it.
        """
        path = str(self.path_of(request))
        rows, cells = split_files.read(Path(path), _header(request.options))
        if not len(cells) or (len(cells) == 1 and cells.names is None and _no_number(cells)):
            raise UserError(f"{path} holds a header only, and no rows below it")
        names = cells.names or [f"column_{number}" for number in range(1, len(cells.arrays) + 1)]
        said = roles.named(request.options, names, ROLES)
        targets, _ = choose(names, said.roles.get("target") or _trained_target(request))
        table: dict[str, np.ndarray] = {}
        kinds, notes = [], list(cells.notes)
        for place, name in enumerate(names):
            kind, values, told = column_kinds.decide(
                name,
                cells.arrays[place],
                decimal=cells.decimal,
                wanted=said.kinds.get(name),
                target=name in targets or name == said.roles.get("weight"),
            )
            # Text takes many times the memory of numbers, and all columns' would be kept.
            cells.arrays[place] = None
            kinds.append(kind)
            notes += told
            if kind.used or name in targets:
                table[name] = values
        return divide_rows(
            table,
            request,
            named=cells.names is not None,
            order=names,
            kinds=kinds,
            notes=notes,
            rows=rows,
        )

    def accepts(self, path: str) -> bool:
        """Return whether `path` is a file with a usual suffix of such tables, or a folder of them
        by split.
        """
        if split_files.of(Path(path).expanduser()):
            return True
        return Path(path).suffix.lower() in _SUFFIXES and is_regular(Path(path).expanduser())


def divide_rows(
    table: Mapping[str, np.ndarray],
    request: Request,
    *,
    target: str | None = None,
    named: bool = True,
    order: Sequence[str] = (),
    kinds: Sequence[ColumnKind] = (),
    notes: Sequence[str] = (),
    shares: Sequence[float] = SHARES,
    rows: Mapping[str, int] | None = None,
) -> Splits:
    """Choose the target of a table and divide its rows at random; see `make_splits`.

    Args:
        table: raw columns by name, the target among them.
        request: gives the seed and, as options, the columns with a role and what others hold.
        target: the column to predict where the user names none; by default it is guessed.
        named: whether the names are the user's own.
        order: all columns of the file in order, also those that are not in `table`.
        kinds: what the columns of a file were taken for; by default their own dtype tells.
        notes: notes for the user on what was done to the rows before.
        shares: shares of train, validation and test.
        rows: number of rows of each split where the data has some, in their order.

    Returns:
        Splits whose examples are raw: `x` and `y` are dictionaries of columns.

    Raises:
        UserError: if the target is not a column, or there are too few rows.
    """
    names = list(order or table)
    said = roles.named(request.options, names, ROLES)
    wanted = said.roles.get("target") or _trained_target(request) or target
    targets, by = choose(names, wanted)
    if not kinds:
        table, kinds = _overruled(table, said.kinds)
    table, notes = dict(table), list(notes)
    weight = _weights(table, said.roles.get("weight"), names, targets, notes)
    inputs = [kind for kind in kinds if kind.name not in targets and kind.name in table]
    left_out = [kind for kind in kinds if not kind.used and kind.name not in targets]
    if not inputs:
        raise UserError(_nothing_to_learn_from(targets, left_out))
    known = np.all([_present(table[name]) for name in targets], axis=0)
    count = int(known.sum())
    if count < len(known):
        notes.append(f"{len(known) - count:,} rows without a target were left out")
    if count < (1 if request.trained_info else FEWEST_ROWS):
        raise UserError(
            f"the table has {count} rows with a target; at least {FEWEST_ROWS} are needed"
        )
    # Of rows without gaps a copy would take as much memory again.
    if count < len(known):
        table = {name: column[known] for name, column in table.items()}
        weight = None if weight is None else weight[known]
    whole = Arrays(
        {kind.name: table[kind.name] for kind in inputs},
        {name: table[name] for name in targets},
        weight,
    )
    given = split_files.parts(whole, rows or {}, known)
    strata = _strata(whole, targets, len(shares)) if len(given) == 1 else None
    parts, drawn = make_splits(given, request, labels=strata, shares=shares)
    # Files have these shares; that an embedded or known table is divided is no news.
    if shares == SHARES:
        notes += [column_kinds.described([*inputs, *left_out]), *drawn]
    notes += duplicates_note(parts)
    preprocessor = TablePreprocessor(
        targets=tuple(targets), order=tuple(names), kinds=tuple(kinds), named=named
    )
    columns = {"target": ", ".join(targets)}
    if "weight" in said.roles:
        columns["weight"] = said.roles["weight"]
    info = Info(preprocessor=preprocessor, columns=columns, columns_by=by)
    return splits_of(parts, info, notes)


def _trained_target(request: Request) -> str | None:
    trained = request.trained_info.preprocessor if request.trained_info else None
    return ",".join(trained.targets) if isinstance(trained, TablePreprocessor) else None


def _overruled(
    table: Mapping[str, np.ndarray], wanted: Mapping[str, str]
) -> tuple[dict[str, np.ndarray], list[ColumnKind]]:
    """Return a table that is in memory with the kinds of its columns, some as the user says."""
    found, kinds = {}, []
    for name, values in table.items():
        kind = column_kinds.kind_of(name, values)
        if name in wanted:
            kind, values = column_kinds.overruled(name, values, wanted[name])
        kinds.append(kind)
        if kind.used:
            found[name] = values
    return found, kinds


def _weights(
    table: dict[str, np.ndarray],
    wanted: str | None,
    names: Sequence[str],
    targets: Sequence[str],
    notes: list[str],
) -> np.ndarray | None:
    """Take the column of weights out of a table, and return them with a mean of 1.

    Raises:
        UserError: if they are not numbers from 0 on, one for every row, or are the target.
    """
    if wanted is None:
        return None
    name = roles.find(names, wanted, "weight column")
    if name in targets:
        raise UserError(f"column '{excerpt(name)}' cannot be both the target and the weight")
    values = table.pop(name, None)
    if values is None or values.dtype.kind != "f":
        raise UserError(f"the weights in '{name}' must be numbers")
    if np.isnan(values).any() or (values < 0).any() or not values.any():
        row = int(np.flatnonzero(np.isnan(values) | (values < 0) | (values.max() <= 0))[0])
        raise UserError(
            f"the weights in '{name}' must be numbers from 0 on, one for each row, received "
            f"{values[row]:g} in row {row + 1}"
        )
    mean = float(values.mean())
    if abs(mean - 1) > 1e-6:
        # A learning rate suits gradients of one size, whatever the weights' is.
        notes.append(f"the weights in '{name}' were divided by their mean, {mean:.6g}")
    return (values / mean).astype(np.float32)


def _nothing_to_learn_from(targets: Sequence[str], left_out: Sequence[ColumnKind]) -> str:
    beside = f"beside the target '{', '.join(map(excerpt, targets))}'"
    if not left_out:
        return f"the table has no column {beside}"
    first = left_out[0]
    named = ", ".join(excerpt(kind.label) for kind in left_out[:_NAMED])
    more = ", …" if len(left_out) > _NAMED else ""
    name = excerpt(first.name)
    return (
        f"the table has no column to learn from {beside}: left out were {named}{more}; "
        f"--column {name}=number or {name}=category takes one nevertheless"
    )


def _strata(
    whole: Arrays, targets: Sequence[str], parts: int
) -> Callable[[Arrays], np.ndarray] | None:
    """Return what gives the classes by which rows are divided, or `None` for amounts."""
    if len(targets) > 1:
        return None
    cells = whole.y[targets[0]]
    classes = describe(targets[0], cells).class_indices(cells)
    # Whole numbers of which each is rare are amounts.
    if classes is None or np.bincount(classes).max() < parts:
        return None
    return lambda _: classes


def _no_number(cells: csv_reader.Cells) -> bool:
    return not any(csv_reader.numbers(column) is not None for column in cells.columns)


def _present(column: np.ndarray) -> np.ndarray:
    """Return which cells are not missing, `(rows,)`."""
    if column.dtype.kind == "f":
        return ~np.isnan(column)
    return np.array([cell is not None for cell in column], bool)


def _header(options: Mapping[str, Any]) -> bool | None:
    word = options.get("header")
    if word in (None, "auto", True, False):
        return None if word == "auto" else word
    if str(word).lower() not in ("yes", "no", "true", "false"):
        raise unknown("value of header", str(word), ["auto", "yes", "no"])
    return str(word).lower() in ("yes", "true")
