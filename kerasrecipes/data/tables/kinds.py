"""What the columns of a table hold: numbers, categories, dates, ids, and how they are written.

`decide` looks at the cells of a column once, when a model is trained; its `ColumnKind` is saved
with the run, and `read` reads the cells of later rows by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from kerasrecipes.data import dates, numerals
from kerasrecipes.data.csv_reader import counts, words
from kerasrecipes.data.roles import KINDS
from kerasrecipes.data.tables.targets import word_of
from kerasrecipes.errors import UserError, excerpt

LEFT_OUT = ("id", "text", "ignore")
# Words for yes and no, by which a column of two words is one of booleans.
_PAIRS = (
    *("true/false", "yes/no", "y/n", "t/f", "on/off", "ja/nein", "oui/non", "si/no"),
    *("sí/no", "sim/não", "wahr/falsch", "vrai/faux", "да/нет", "是/否"),
)
_PAIR_SETS = [set(pair.split("/")) for pair in _PAIRS]
_TRUE = {pair.partition("/")[0] for pair in _PAIRS} | {"1"}
_FALSE = {pair.partition("/")[2] for pair in _PAIRS} | {"0"}
# Names of columns that tell rows apart.
_ID_NAME = re.compile(
    r"(?i:^(unnamed: 0|column_1|index|idx|uuid|guid|rowid|row|#)$|(^|[\s_.-])(id|no|nr|uuid)$)"
    r"|[a-z](Id|ID)$|(?i:^(customer|user|passenger|order|employee|student|patient|account)id$)"
)
_FEWEST_ROWS = 10  # by which a column is taken for ids
_FEWEST_WORDS = 20  # different ones, of which more than half occur once, that tell rows apart
_WORDS_OF_A_TEXT = 4  # on average; fewer are names
_NEARLY = 0.4  # share of numbers from which a column of words is told to have some
_NAMED = 3  # odd cells that a note names


@dataclass(frozen=True)
class ColumnKind:
    """What a column was taken for, and how its cells are written.

    Args:
        name: of the column.
        kind: a key of `kerasrecipes.data.roles.KINDS`.
        unit: currency, percent sign or unit of numbers.
        decimal: decimal mark of numbers.
        date_format: of dates, as `strptime` takes it.
        why: what decided it, where the cells do not show it at once.
    """

    name: str
    kind: str
    unit: str = ""
    decimal: str = "."
    date_format: str = ""
    why: str = ""

    @property
    def used(self) -> bool:
        """Whether a model is given the column."""
        return self.kind not in LEFT_OUT

    @property
    def label(self) -> str:
        """The name with its unit and the reason, for a list."""
        detail = [f"in {self.unit}"] if self.unit else []
        return " ".join([self.name, *detail, *([f"({self.why})"] if self.why else [])])

    def to_dict(self) -> dict[str, str]:
        """Return the entries that are set, as values that JSON has."""
        values = {item.name: (getattr(self, item.name), item.default) for item in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ColumnKind:
        """Restore the object from `to_dict`; entries of later versions are ignored."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in values.items() if name in known})


def decide(
    name: str, array: Any, *, decimal: str = ".", wanted: str | None = None, target: bool = False
) -> tuple[ColumnKind, np.ndarray, list[str]]:
    """Decide what a column holds, and read it.

    Args:
        name: of the column.
        array: its cells, an Arrow array of text with nulls.
        decimal: decimal mark where both would do.
        wanted: what the user says that it holds.
        target: whether it is to be predicted: then it holds numbers or classes.

    Returns:
        The kind; the cells, `(rows,)` float64 with NaN or objects with `None`; and notes.

    Raises:
        UserError: if it does not hold what the user says.
    """
    kind, notes = (
        (_as_wanted(name, array, decimal, wanted), [])
        if wanted
        else _guess(name, array, decimal, target)
    )
    if not kind.used:
        return kind, np.zeros(0), notes
    values, odd = read(array, kind)
    if odd:
        cells = list(dict.fromkeys(odd.values()))
        shown = ", ".join(f"'{excerpt(cell)}'" for cell in cells[:_NAMED])
        more = ", …" if len(cells) > _NAMED else ""
        count = f"{len(odd):,} cell{'s' * (len(odd) > 1)}"
        notes.append(f"{count} of '{name}' are no {_PLURAL[kind.kind]} and missing: {shown}{more}")
    return kind, values, notes


_PLURAL = {"number": "numbers", "date": "dates", "boolean": "yes or no"}


def read(array: Any, kind: ColumnKind) -> tuple[np.ndarray, dict[int, str]]:
    """Read the cells of a column of a known kind.

    Args:
        array: the cells, an Arrow array of text with nulls.
        kind: the column's.

    Returns:
        `(rows,)` float64 with NaN, or objects with `None` for categories; and by index of the row
        the cells that are not of this kind, which count as missing.
    """
    if kind.kind == "category":
        return words(array), {}
    plain = _plain_numbers(array) if kind.kind == "number" and kind.decimal == "." else None
    if plain is not None:
        return plain, {}
    different = list(counts(array))
    known = _VALUES[kind.kind](different, kind)
    cells = words(array)
    values = np.array([known.get(cell, np.nan) for cell in cells], dtype=float)
    strange = {cell for cell in different if cell not in known}
    odd = {row: cell for row, cell in enumerate(cells) if cell in strange} if strange else {}
    return values, odd


def overruled(name: str, values: np.ndarray, wanted: str) -> tuple[ColumnKind, np.ndarray]:
    """Return a column that is in memory already as what the user says that it holds.

    Args:
        name: of the column.
        values: `(rows,)`, float64 with NaN or objects with `None`.
        wanted: what it holds.

    Raises:
        UserError: if it does not.
    """
    import pyarrow

    numeric = values.dtype.kind == "f"
    # NaN is the one value that differs from itself.
    cells = [
        None if cell is None or cell != cell else word_of(cell) if numeric else str(cell)
        for cell in values
    ]
    kind, found, _ = decide(name, pyarrow.array(cells, pyarrow.string()), wanted=wanted)
    return kind, found


def kind_of(name: str, values: np.ndarray) -> ColumnKind:
    """Return the kind of a column that is in memory: numbers or categories.

    Args:
        name: of the column.
        values: `(rows,)`, float64 or objects.
    """
    return ColumnKind(name, "number" if values.dtype.kind == "f" else "category")


def described(kinds: Sequence[ColumnKind]) -> str:
    """Return a sentence on what columns were taken for.

    Args:
        kinds: of the columns, without targets and weights.
    """
    parts = []
    for word, plural in KINDS.items():
        of_kind = [kind.label for kind in kinds if kind.kind == word]
        if of_kind:
            left = "left out as " if word in ("id", "text") else ""
            parts.append(f"{left}{plural} {', '.join(of_kind)}")
    return f"columns: {'; '.join(parts)} (--column NAME=KIND takes one for another)"


def _guess(name: str, array: Any, decimal: str, target: bool) -> tuple[ColumnKind, list[str]]:
    import pyarrow.compute as compute

    code = compute.any(compute.match_substring_regex(array, r"^(0[0-9]+|[0-9]{16,})$")).as_py()
    if code:
        return _of_words(name, counts(array), target, "codes"), []
    plain = _plain_numbers(array)
    if plain is not None:
        return _of_numbers(name, plain, target), []
    different = counts(array)
    if not target and {cell.lower() for cell in different} in _PAIR_SETS:
        return ColumnKind(name, "boolean"), []
    reading = numerals.read(different, decimal)
    if reading is not None:
        notation = reading.notation
        return ColumnKind(name, "number", notation.unit, notation.decimal), []
    form = None if target else dates.format_of(list(different))
    if form is not None:
        why = "month before day" if form.startswith("%m") else ""
        return ColumnKind(name, "date", date_format=form, why=why), []
    kind = _of_words(name, different, target)
    return kind, _nearly_numbers(kind, array, different, decimal)


def _as_wanted(name: str, array: Any, decimal: str, wanted: str) -> ColumnKind:
    different = counts(array)
    first = next(iter(different), "")
    if wanted == "number":
        reading = numerals.attempt(different, decimal)
        if different and not reading.numbers:
            raise UserError(f"--column {name}=number: '{excerpt(first)}' is not a number")
        return ColumnKind(name, "number", reading.notation.unit, reading.notation.decimal)
    if wanted == "date":
        form = dates.format_of(list(different))
        if form is None:
            raise UserError(f"--column {name}=date: '{excerpt(first)}' is in no form of a date")
        return ColumnKind(name, "date", date_format=form)
    if wanted == "boolean":
        odd = [cell for cell in different if cell.lower() not in _TRUE | _FALSE]
        if odd:
            raise UserError(f"--column {name}=boolean: '{excerpt(odd[0])}' is neither yes nor no")
    return ColumnKind(name, wanted, why="as you say")


def _plain_numbers(array: Any) -> np.ndarray | None:
    """Return cells as numbers if all are as programs write them, else `None`."""
    import pyarrow
    import pyarrow.compute as compute

    try:
        numbers = compute.cast(array, pyarrow.float64())
    except pyarrow.ArrowInvalid:
        return None
    # A copy, for Arrow's own memory cannot be written to.
    values = np.array(compute.fill_null(numbers, np.nan).to_numpy(), dtype=float)
    values[~np.isfinite(values)] = np.nan
    return values


def _of_numbers(name: str, values: np.ndarray, target: bool) -> ColumnKind:
    present = values[~np.isnan(values)]
    whole = bool(np.all(present == np.round(present)))
    enough = len(present) >= _FEWEST_ROWS and not target
    if not (enough and whole and _ID_NAME.search(name)) or len(np.unique(present)) < len(present):
        return ColumnKind(name, "number")
    counted = bool(np.all(np.diff(present) == 1))
    return ColumnKind(name, "id", why="only counts the rows" if counted else "all different")


def _of_words(name: str, different: Mapping[str, int], target: bool, why: str = "") -> ColumnKind:
    present = sum(different.values())
    if target or len(different) <= _FEWEST_WORDS or len(different) <= present / 2:
        return ColumnKind(name, "category", why=why)
    of_text = sum(len(cell.split()) for cell in different) / len(different)
    why = f"{len(different):,} different in {present:,} rows"
    return ColumnKind(name, "text" if of_text >= _WORDS_OF_A_TEXT else "id", why=why)


def _nearly_numbers(
    kind: ColumnKind, array: Any, different: Mapping[str, int], decimal: str
) -> list[str]:
    """Say which cells make a column one of words although most of it are numbers."""
    import pyarrow.compute as compute

    def place(cell: str) -> str:
        return f"'{excerpt(cell)}' (row {int(compute.index(array, cell).as_py()) + 1:,})"

    enough = _NEARLY * sum(different.values())
    reading = numerals.attempt(different, decimal)
    if reading.odd and sum(different[cell] for cell in reading.numbers) >= enough:
        return [
            f"'{kind.name}' is not read as numbers: {place(reading.odd[0])} is none (--column "
            f"{kind.name}=number takes such cells for missing, {kind.name}=category as they are)"
        ]
    amounts = [cell for cell in different if numerals.is_amount(cell)]
    units = numerals.units(amounts)
    if len(units) < 2 or sum(different[cell] for cell in amounts) < enough:
        return []
    (first, one), (second, other) = list(units.items())[:2]
    return [
        f"'{kind.name}' is not read as numbers: {place(one)} is in {first} and {place(other)} in "
        f"{second} (--column {kind.name}=category takes them as they are)"
    ]


def _numbers_of(cells: Sequence[str], kind: ColumnKind) -> dict[str, float]:
    notation = numerals.Notation(kind.unit, kind.decimal)
    found = {cell: numerals.value(cell, notation) for cell in cells}
    # Later rows may be written otherwise than those of the training.
    if any(number is None for number in found.values()):
        other = numerals.attempt(dict.fromkeys(cells, 1), kind.decimal)
        same = other.notation.unit.casefold() in ("", kind.unit.casefold())
        if same and len(other.odd) < sum(number is None for number in found.values()):
            return dict(other.numbers)
    return {cell: number for cell, number in found.items() if number is not None}


def _dates_of(cells: Sequence[str], kind: ColumnKind) -> dict[str, float]:
    numbers = dates.days(list(cells), kind.date_format)
    return {c: float(n) for c, n in zip(cells, numbers, strict=True) if not np.isnan(n)}


def _booleans_of(cells: Sequence[str], kind: ColumnKind) -> dict[str, float]:
    return {c: float(c.lower() in _TRUE) for c in cells if c.lower() in _TRUE | _FALSE}


_VALUES = {"number": _numbers_of, "date": _dates_of, "boolean": _booleans_of}
