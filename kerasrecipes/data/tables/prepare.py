"""Tables: sources of rows, and how rows become what a model takes.

A source gives raw columns by name: float64 with NaN, or objects with `None`. `fit` learns their
encoding from the training rows and applies it; the encoding lies in `Info.facts["table"]`, so that
raw rows can be answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from kerasrecipes.data import csv_reader
from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.splits import split
from kerasrecipes.data.tables import columns as encodings
from kerasrecipes.data.tables.targets import Target, choose, describe, encode_target
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.recipe import Info, Request, Splits

SHARES = (0.7, 0.15, 0.15)
FEWEST_ROWS = 10
_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data")
_EMBEDDED = {
    "iris": ("load_iris", "150 iris flowers by four lengths, three species"),
    "wine": ("load_wine", "178 wines by 13 chemical measurements, three growers"),
    "breast_cancer": ("load_breast_cancer", "569 tumours by 30 measurements, malignant or benign"),
    "diabetes": (
        "load_diabetes",
        "442 patients by ten measurements, how far the disease went in a year",
    ),
}


@dataclass(frozen=True)
class Embedded:
    """A table that comes with scikit-learn.

    Args:
        name: `iris`, `wine`, `breast_cancer` or `diabetes`.
    """

    name: str
    summary: str = field(init=False)

    def __post_init__(self):
        if self.name not in _EMBEDDED:
            raise unknown("embedded table", self.name, _EMBEDDED)
        object.__setattr__(self, "summary", _EMBEDDED[self.name][1])

    def load(self, request: Request) -> Splits:
        """Load and divide the rows."""
        from sklearn import datasets

        # The diabetes measurements come standardised unless asked for as they were taken.
        options = {"scaled": False} if self.name == "diabetes" else {}
        loaded = getattr(datasets, _EMBEDDED[self.name][0])(**options)
        table = {
            str(n): loaded.data[:, i].astype(float) for i, n in enumerate(loaded.feature_names)
        }
        names = getattr(loaded, "target_names", None)
        target = (
            loaded.target.astype(float)
            if names is None
            else np.array(names, dtype=object)[loaded.target]
        )
        label = {
            "iris": "species",
            "wine": "grower",
            "breast_cancer": "tumour",
            "diabetes": "progression",
        }[self.name]
        return divided({**table, label: target}, replace(request, options={"target": label}))

    def accepts(self, path: str) -> bool:
        """Take no paths."""
        return False

    def reachable(self) -> str | None:
        """Always."""
        return None


@dataclass(frozen=True)
class Csv:
    """The user's own CSV file; `--target` names the column to predict, by default the last."""

    summary: str = "a CSV file of your own (--data rows.csv --target COLUMN)"

    def load(self, request: Request) -> Splits:
        """Read and divide the rows.

        Raises:
            UserError: if the file is no table, or the target no column of it.
        """
        cells = csv_reader.read(str(Path(request.path).expanduser()), _header(request.options))
        names = cells.names or [f"column_{number}" for number in range(1, len(cells.columns) + 1)]
        table = {name: _typed(column) for name, column in zip(names, cells.columns, strict=True)}
        notes = _drop_row_numbers(table, cells.names is not None)
        return divided(table, request, named=cells.names is not None, order=names, notes=notes)

    def accepts(self, path: str) -> bool:
        """Take a file with a usual suffix of such tables."""
        return Path(path).suffix.lower() in _SUFFIXES and Path(path).expanduser().is_file()

    def reachable(self) -> str | None:
        """Say that a path is needed."""
        return "needs --data with the path of a CSV file"


def embedded(name: str) -> Embedded:
    """Make the source of a table that comes with scikit-learn."""
    return Embedded(name)


def csv() -> Csv:
    """Make the source that reads the user's own CSV file."""
    return Csv()


def divided(
    table: Mapping[str, np.ndarray],
    request: Request,
    *,
    named: bool = True,
    order: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Splits:
    """Divide a table's rows at random into 70 % to learn from, 15 % to choose by and 15 % to judge
    by.

    Args:
        table: raw columns by name, the target among them.
        request: gives the seed and, as the option `target`, the column or columns to predict.
        named: whether the names are the user's own.
        order: all columns of the file in order, also those that are not in `table`.
        notes: what is to be told about the data already.

    Returns:
        Splits whose examples are raw: `x` and `y` are dictionaries of columns.

    Raises:
        UserError: if the target is no column, or there are too few rows.
    """
    fitted = request.fitted.facts.get("table") if request.fitted else None
    wanted = request.options.get("target") or (",".join(fitted["targets"]) if fitted else None)
    targets = choose(list(table), wanted)
    known = np.all([_present(table[name]) for name in targets], axis=0)
    notes = [
        *notes,
        *([f"{np.sum(~known)} rows without a target were left out"] if not known.all() else []),
    ]
    table = {name: column[known] for name, column in table.items()}
    count = int(known.sum())
    if count < (1 if fitted else FEWEST_ROWS):
        raise UserError(
            f"the table has {count} rows with a target; at least {FEWEST_ROWS} are needed"
        )
    if len(table) == len(targets):
        raise UserError(f"the table has no column beside the target '{', '.join(targets)}'")
    labels = (
        describe(targets[0], table[targets[0]]).numbers(table[targets[0]])
        if len(targets) == 1
        else None
    )
    # A model that is there already is judged on all rows.
    parts = [[], [], np.arange(count)] if fitted else split(labels, SHARES, request.seed, count)
    x = {name: column for name, column in table.items() if name not in targets}
    y = {name: table[name] for name in targets}
    whole = Arrays(x, y)
    info = Info(
        facts={"table": {"targets": targets, "named": named, "order": list(order or table)}}
    )
    train, validation, test = (whole.select(np.asarray(part, dtype=int)) for part in parts)
    return Splits(train=train, validation=validation, test=test, info=info, notes=tuple(notes))


def is_table(splits: Splits) -> bool:
    """Tell whether examples are raw rows of a table."""
    return "table" in splits.info.facts


def fit(splits: Splits, tasks: Sequence[str], task: str = "auto") -> Splits:
    """Learn the columns' encoding from the training rows, and apply it to all.

    Args:
        splits: raw rows.
        tasks: rows of `kerasrecipes.heads` that the recipe can do.
        task: the one to do; `"auto"` takes the first that suits the target.

    Returns:
        Splits of `(rows, features)` float32 inputs. Labels are `(rows,)` class numbers, `(rows,)`
        of -1 and +1 for `signed`, `(rows, targets)` float32 for `regression` and `multilabel`.
        `info.facts` gains `table`, `task`, `features`, and `inputs` with the mean and variance of
        each feature.

    Raises:
        UserError: if no task that the recipe can do suits the target, or no column is of use; or
            with `splits.fitted`, if the rows lack a column that the model takes.
    """
    if splits.fitted is not None:
        return _as_fitted(splits, splits.fitted)
    raw = splits.train
    encoding, notes = encodings.fit(raw.x)
    if not encoding:
        raise UserError("the table has no column to learn from: " + "; ".join(notes))
    target = _target(splits, tasks, task)
    parts = {}
    for name in ("train", "validation", "test"):
        examples = getattr(splits, name)
        parts[name] = Arrays(
            encodings.encode(examples.x, encoding), encode_target(examples.y, target)
        )
    facts = dict(splits.info.facts)
    facts["table"] = {**facts["table"], "columns": encoding}
    facts |= {
        "task": target.task,
        "features": encodings.features(encoding),
        "inputs": moments(parts["train"].x),
    }
    if target.scale:
        facts["target"] = {"mean": list(target.mean), "scale": list(target.scale)}
    info = Info(
        input_shape=(parts["train"].x.shape[1],),
        classes=target.classes or None,
        targets=tuple(target.names) if target.task in ("regression", "multilabel") else None,
        facts=facts,
    )
    return replace(splits, **parts, info=info, notes=(*splits.notes, *notes))


def moments(x: np.ndarray) -> dict[str, list[float]]:
    """Measure the mean and variance of each feature; one that never changes gets a variance of
    1.
    """
    x = x.astype(np.float64)
    variance = x.var(axis=0)
    return {
        "mean": x.mean(axis=0).tolist(),
        "variance": np.where(variance > 0, variance, 1.0).tolist(),
    }


def _as_fitted(splits: Splits, info: Info) -> Splits:
    """Apply the encoding of an earlier training."""
    if "table" not in info.facts:
        raise UserError("the model was not trained on a table")
    encoding = info.facts["table"]["columns"]
    missing = [entry["name"] for entry in encoding if entry["name"] not in splits.test.x]
    if missing:
        raise UserError(
            f"the rows lack the column '{missing[0]}'; received {', '.join(splits.test.x)}"
        )
    scales = info.facts.get("target", {"mean": (), "scale": ()})
    names = info.facts["table"]["targets"]
    target = Target(
        info.facts["task"], tuple(names), info.classes or (), *map(tuple, scales.values())
    )
    parts = {}
    for name in ("train", "validation", "test"):
        examples = getattr(splits, name)
        x = {
            entry["name"]: encodings.as_fitted(examples.x[entry["name"]], entry)
            for entry in encoding
        }
        y = dict(zip(names, examples.y.values(), strict=True))
        parts[name] = Arrays(encodings.encode(x, encoding), encode_target(y, target))
    return replace(splits, **parts, info=info)


def _target(splits: Splits, tasks: Sequence[str], task: str) -> Target:
    from kerasrecipes.data.tables.targets import join

    # Classes come from all splits: a rare one may lie in a single split only.
    whole = {
        name: np.concatenate(
            [getattr(splits, part).y[name] for part in ("train", "validation", "test")]
        )
        for name in splits.train.y
    }
    return join(
        [describe(name, column) for name, column in whole.items()], splits.train.y, tasks, task
    )


def _typed(column: np.ndarray) -> np.ndarray:
    values = csv_reader.numbers(column)
    return column if values is None else values


def _present(column: np.ndarray) -> np.ndarray:
    return (
        ~np.isnan(column)
        if column.dtype.kind == "f"
        else np.array([cell is not None for cell in column])
    )


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
