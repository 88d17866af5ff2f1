"""Targets of a table: the task that they suit, and their cells as labels."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kerasrecipes.data import numerals
from kerasrecipes.data.roles import find
from kerasrecipes.errors import UserError, excerpt

# Whole numbers with at most so many different values are taken for classes, unless the task is
# given.
MOST_NUMBERED_CLASSES = 20
# Usual names of the column to predict, the likeliest first.
USUAL_NAMES = (
    *("target", "targets", "label", "labels", "class", "classes", "y", "outcome", "output"),
    *("survived", "species", "diagnosis", "churn", "churned", "exited", "default", "response"),
    *("is_fraud", "fraud", "attrition", "income", "quality", "placed", "medv", "saleprice"),
    *("sale_price", "price", "rating", "category", "result"),
)
_CLASS_TASKS = ("signed", "binary", "multiclass", "multiclass_one_hot")


@dataclass(frozen=True)
class Column:
    """One target column.

    Args:
        name: of the column.
        words: the different values as text, numbers in order of size.
        numeric: whether it holds numbers.
        whole: whether it holds whole numbers.
        rows: number of rows.
    """

    name: str
    words: tuple[str, ...]
    numeric: bool
    whole: bool
    rows: int

    @property
    def like_classes(self) -> bool:
        """Whether the values look like classes rather than like amounts."""
        if self.numeric:
            return len(self.words) == 2 or (self.whole and len(self.words) <= MOST_NUMBERED_CLASSES)
        # Many words are classes still where each has five rows on average.
        return len(self.words) <= max(MOST_NUMBERED_CLASSES, self.rows // 5)

    def class_indices(self, cells: np.ndarray) -> np.ndarray | None:
        """Return the index of each cell's class, `(rows,)`, or `None` for amounts."""
        return class_indices(cells, self.words) if self.like_classes else None


@dataclass(frozen=True)
class Target:
    """The target of a table as a task.

    Args:
        task: a row of `kerasrecipes.heads`.
        names: the columns.
        classes: names of the classes, in the order of their indices.
        mean: of each target among the training rows, for a regression.
        scale: standard deviation of each target among the training rows, for a regression.
    """

    task: str
    names: tuple[str, ...]
    classes: tuple[str, ...] = ()
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()


def choose(names: Sequence[str], wanted: str | None) -> tuple[list[str], str]:
    """Return the names of the target columns, and what decided it.

    Args:
        names: all columns.
        wanted: a name, or a number counted from 1 or, if negative, from the end; several with
            commas between. By default the column that is called as targets are, else the last.

    Returns:
        The names; and `name` or `place` for a guess, empty where the user decided.

    Raises:
        UserError: if there is no such column.
    """
    if wanted is None or str(wanted).strip() == "":
        # The column that is called as targets are, the likeliest name first.
        plain = {
            re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_"): name for name in reversed(names)
        }
        by_name = next((plain[name] for name in USUAL_NAMES if name in plain), None)
        return [by_name or names[-1]], "name" if by_name else "place"
    # Before commas divide it: the name of a column may have one itself.
    whole = [name for name in names if name == str(wanted)]
    parts = [part.strip() for part in str(wanted).split(",")]
    return whole or [find(names, part, "target column") for part in parts], ""


def describe(name: str, cells: np.ndarray) -> Column:
    """Describe a target column.

    Args:
        name: of the column.
        cells: `(rows,)`, none missing.

    Returns:
        The column's name, its different values as text, and what kind of numbers they are, if any.
    """
    if cells.dtype.kind != "f":
        return Column(name, tuple(sorted({str(cell) for cell in cells})), False, False, len(cells))
    values = np.unique(cells)
    whole = bool(np.all(values == np.round(values)))
    return Column(name, tuple(word_of(value) for value in values), True, whole, len(cells))


def join(
    columns: Sequence[Column],
    training: Mapping[str, np.ndarray],
    tasks: Sequence[str],
    task: str = "auto",
) -> Target:
    """Return the target as a task that suits it.

    Args:
        columns: the target columns.
        training: their cells in the training rows.
        tasks: what the recipe can do, rows of `kerasrecipes.heads`.
        task: the one to do, or `"auto"`.

    Raises:
        UserError: if the target does not suit.
    """
    names = tuple(column.name for column in columns)
    candidates = tasks if task == "auto" else (task,)
    refusals = [_refusal(columns, candidate, task == "auto") for candidate in candidates]
    fitting = [
        candidate
        for candidate, refusal in zip(candidates, refusals, strict=True)
        if refusal is None
    ]
    if not fitting:
        raise UserError(_nearest(columns, candidates, refusals))
    chosen = fitting[0]
    if chosen in _CLASS_TASKS:
        return Target(chosen, names, columns[0].words)
    if chosen == "multilabel":
        return Target(chosen, names)
    values = np.stack([training[name] for name in names], axis=1)  # (rows, targets)
    std = values.std(axis=0)
    # A target that never changes would be divided by zero.
    scale = np.where(std > 0, std, 1.0)
    return Target(chosen, names, (), tuple(values.mean(axis=0).tolist()), tuple(scale.tolist()))


def encode_target(cells: Mapping[str, np.ndarray], target: Target) -> np.ndarray:
    """Encode target cells as labels.

    Args:
        cells: the target columns by name.
        target: what `join` decided.

    Returns:
        `(rows,)` int32 class indices, `(rows,)` float32 of -1 and +1 for `signed`,
        `(rows, classes)` float32 for `multiclass_one_hot`, else `(rows, targets)` float32.
    """
    if target.task not in _CLASS_TASKS:
        wordy = next((name for name in target.names if cells[name].dtype.kind != "f"), None)
        if wordy is not None and len(cells[wordy]):
            raise UserError(
                f"the target '{wordy}' holds words such as '{cells[wordy][0]}' "
                "where numbers are needed"
            )
        return np.stack([cells[name] for name in target.names], axis=1).astype(np.float32)
    numbers = class_indices(cells[target.names[0]], target.classes)
    if target.task == "signed":
        return (2 * numbers - 1).astype(np.float32)
    if target.task == "multiclass_one_hot":
        return np.eye(len(target.classes), dtype=np.float32)[numbers]
    return numbers


def class_indices(cells: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Return the index of each cell's class, `(rows,)` int32.

    Args:
        cells: `(rows,)`, none missing.
        classes: names of the classes, in the order of their indices.

    Raises:
        UserError: if a cell is not a class.
    """
    position = {word: number for number, word in enumerate(classes)}
    words = [word_of(cell) if cells.dtype.kind == "f" else str(cell) for cell in cells]
    foreign = next((word for word in words if word not in position), None)
    if foreign is not None:
        raise UserError(
            f"the target has the value '{excerpt(foreign)}'; the classes are "
            f"{', '.join(map(excerpt, classes[:20]))}{', …' if len(classes) > 20 else ''}"
        )
    return np.array([position[word] for word in words], dtype=np.int32)


def _refusal(columns: Sequence[Column], task: str, guess: bool) -> str | None:
    """Return a sentence on why a task does not suit the target, or `None` if it does."""
    first, count = columns[0], len(columns[0].words)
    named = f"the target '{first.name}'"
    constant = next((column for column in columns if len(column.words) < 2), None)
    if constant is not None and (task != "regression" or not guess or not constant.numeric):
        only = f"the target '{constant.name}' has only the value '{excerpt(constant.words[0])}'"
        return f"{only}; two different ones or more are needed"
    if task in _CLASS_TASKS and len(columns) > 1:
        return f"this recipe predicts one column, received {len(columns)} targets"
    if task in ("signed", "binary") and count != 2:
        wrong = f"{named} has {count} different values where this recipe needs 2"
        return f"{wrong}; see the recipes softmax, mlp and linear"
    # The second limit is two rows a class on average.
    if task in ("multiclass", "multiclass_one_hot") and (
        (guess and not first.like_classes) or count > first.rows // 2
    ):
        return _too_many(first)
    if task == "multilabel" and (
        len(columns) < 2 or any(set(c.words) - {"0", "1"} for c in columns)
    ):
        return "several labels need several target columns of 0 and 1"
    if task == "regression" and not all(column.numeric for column in columns):
        word = next(column for column in columns if not column.numeric)
        held = f"the target '{word.name}' holds words such as '{_no_number(word)}'"
        return f"{held} where numbers are needed; see the recipe softmax"
    return None


def _nearest(
    columns: Sequence[Column], tasks: Sequence[str], refusals: Sequence[str | None]
) -> str:
    """Return the refusal of the task that the target is nearest to."""
    by_task = dict(zip(tasks, refusals, strict=True))
    numeric = all(column.numeric for column in columns)
    order = ["multilabel", "regression"] if len(columns) > 1 else []
    order += ["regression"] if numeric and not columns[0].like_classes else []
    order += ["multiclass", "multiclass_one_hot", *tasks]
    return next(refusal for task in order if (refusal := by_task.get(task)))


def _too_many(column: Column) -> str:
    many = f"{len(column.words):,} different values in {column.rows:,} rows"
    named = f"the target '{column.name}' has {many}, too many for classes"
    if column.numeric:
        return f"{named}; see the recipe linear"
    return f"{named}, and words such as '{_no_number(column)}' are no numbers either"


def _no_number(column: Column) -> str:
    """Return the first word that is no number, which keeps others from being read as such."""
    odd = numerals.attempt(dict.fromkeys(column.words, 1)).odd
    return excerpt((odd or column.words)[0])


def word_of(value: float) -> str:
    """Return a number as text: whole ones without `.0`, so that a class is called 1."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
