"""Series in CSV files: a column for each, a row for each, or all below one another with names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasrecipes.data import csv_reader, dates, roles
from kerasrecipes.data.csv_reader import Cells
from kerasrecipes.data.timeseries import blocks
from kerasrecipes.data.timeseries.blocks import Words
from kerasrecipes.data.timeseries.clock import Clock, clock_of, rows_of
from kerasrecipes.data.timeseries.series import Series
from kerasrecipes.errors import UserError

ROLES = ("target", "time", "series")
# Columns that together say when, from year to second.
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_LIKE = re.compile(r"\d\D+\d")  # two numbers apart, as any date has
_MOST_TIMES = 0.8  # of the cells of a column of times
_COUNTERS = ("", "no", "no.", "nr", "id", "index", "row", "#", "unnamed: 0", "step")
_ROW_WISE = 30  # columns of numbers behind a name, from which on a row is a series
_MOST_SERIES = 100_000


def read(
    path: str | bytes, options: Mapping[str, Any], *, tell: bool = False
) -> tuple[Series, list[str]]:
    """Read the series of a CSV file; of a long one no more than a block is in memory as text.

    Args:
        path: the file, or its content.
        options: of the data: `target`, one column to be forecast, and `column` with the roles
            `time` and `series`.
        tell: whether the notes say which columns have these roles.

    Returns:
        The series, and notes on how they were read.

    Raises:
        UserError: if there are no series in it, or its times are not those of series.
    """
    head = blocks.beginning(path)
    sample = csv_reader.read(head)
    notes = list(sample.notes)
    names = sample.names or [f"column_{number}" for number in range(1, len(sample.arrays) + 1)]
    said = roles.named(options, names, ROLES).roles
    if not said and _is_row_wise(sample):
        return _by_row(csv_reader.read(path)), notes
    times = _times(sample, names, said.get("time"))
    by = roles.find(names, said["series"]) if "series" in said else None
    wanted = roles.find(names, said["target"], "target column") if "target" in said else None
    kinds = _kinds(sample, names, times, by, wanted)
    found = blocks.read(path, len(names), sample.names is not None, kinds, sample.decimal)
    columns = {names[number]: column for number, column in found.items()}
    days = None if times is None else _days(columns, times)
    if by is None and days is not None:
        by = _telling(columns, days, notes)
    values = _values(columns, times, wanted)
    # Beside what is to be forecast other columns may be known.
    others = {n: c for n, c in _values(columns, times, None).items() if wanted and n != wanted}
    told = columns[by] if by else None
    assert told is None or isinstance(told, Words), "names of series are words"
    if tell and sample.names:
        clock = " and ".join(times.columns) if times else None
        taken = {"target": wanted, "time": clock, "series": by}
        notes += roles.taken({role: name for role, name in taken.items() if name})
    groups = _groups(told, by, len(next(iter(values.values()))))
    return _grouped(groups, values, others, days, times, notes), notes


class Times(NamedTuple):
    """Where the times of a table stand.

    Args:
        form: format of the times.
        columns: one, or several with parts of them.
    """

    form: str
    columns: tuple[str, ...]


def _is_row_wise(cells: Cells) -> bool:
    """Return whether each row is a series: a name of its own, and then many numbers."""
    if len(cells.arrays) <= _ROW_WISE or csv_reader.numbers(cells.columns[0][:50]) is not None:
        return False
    first = cells.columns[0]
    if dates.format_of([cell for cell in first[:50] if cell]) is not None:
        return False
    return len(set(first)) == len(first) and csv_reader.numbers(cells.columns[1][:50]) is not None


def _by_row(cells: Cells) -> Series:
    found = [csv_reader.numbers(column) for column in cells.columns[1:]]
    columns = [column for column in found if column is not None]
    values = np.stack(columns, axis=1)
    return Series.joined([str(name) for name in cells.columns[0]], list(values))


def _times(sample: Cells, names: Sequence[str], said: str | None) -> Times | None:
    """Find where the times stand: in the column that the user named, the first of times, or in
    several of their parts; `None` where there are none.

    Raises:
        UserError: if the column that was named holds no times.
    """
    wanted = [roles.find(names, said, "time column")] if said else names
    for name in wanted:
        form = _form(sample.columns[names.index(name)])
        if form is not None and ("%Y" in form or "%y" in form):
            return Times(form, (name,))
    if said:
        shown = next((cell for cell in sample.columns[names.index(wanted[0])] if cell), "")
        raise UserError(
            f"the time column '{wanted[0]}' does not sort: it holds no dates or times, such as "
            f"2024-01-31 13:00; received '{shown[:40]}'"
        )
    lower = [name.lower() for name in names]
    parts = tuple(names[lower.index(part)] for part in _PARTS if part in lower)
    if "year" not in lower or len(parts) < 2:
        return None
    days = "%Y-%m-%d" if "day" in lower else "%Y-%m"
    return Times("%Y-%m-%d %H:%M" if "hour" in lower else days, parts)


def _form(column: np.ndarray) -> str | None:
    """Return the format of the times of a column, of which a few cells may be none."""
    cells = [*dict.fromkeys(cell for cell in column[:2000] if cell)]
    like = [cell for cell in cells if _LIKE.search(cell)]
    return dates.format_of(like) if len(like) >= _MOST_TIMES * len(cells) and like else None


def _kinds(
    sample: Cells, names: Sequence[str], times: Times | None, by: str | None, target: str | None
) -> dict[int, str]:
    """Return what each column holds that may be of use, by its number."""
    kinds = {}
    for number, name in enumerate(names):
        column = sample.columns[number]
        if times is not None and name in times.columns:
            kinds[number] = times.form if len(times.columns) == 1 else "number"
        elif name == by:
            kinds[number] = "words"
        elif _numbers(column, sample.decimal) is not None:
            if name == target or not _is_counter(name, column, names):
                kinds[number] = "number"
        elif name == target:
            raise UserError(f"the target '{name}' is no column of numbers")
        elif by is None and len(set(column)) < len(column):
            kinds[number] = "words"  # perhaps the names of series
    return kinds


def _numbers(column: np.ndarray, decimal: str) -> np.ndarray | None:
    """Return the numbers of a column; `None` where one is none."""
    if decimal == ".":
        return csv_reader.numbers(column)
    return csv_reader.numbers(cell and cell.replace(decimal, ".") for cell in column)


def _is_counter(name: str, column: np.ndarray, names: Sequence[str]) -> bool:
    """Return whether a column does nothing but count the rows."""
    if name.lower() not in _COUNTERS and name != names[0]:
        return False
    found = csv_reader.numbers(column)
    return found is not None and len(found) > 1 and bool((np.diff(found) == 1).all())


def _days(columns: Mapping[str, Any], times: Times) -> np.ndarray:
    """Return when the rows were, in days since 1970."""
    if len(times.columns) == 1:
        found: np.ndarray = columns[times.columns[0]]
        return found
    given = {part.lower(): columns[part] for part in times.columns}
    if any(part is None or np.isnan(part).any() for part in given.values()):
        listed = ", ".join(times.columns)
        raise UserError(f"the columns {listed} are to say when, and are not all numbers")
    months = (given["year"] - 1970) * 12 + given.get("month", 1) - 1
    days = months.astype(np.int64).astype("datetime64[M]").astype("datetime64[D]").astype(float)
    days += given.get("day", 1) - 1
    for part, share in (("hour", 24), ("minute", 1440), ("second", 86_400)):
        days += given.get(part, 0) / share
    return days


def _values(
    columns: Mapping[str, Any], times: Times | None, target: str | None
) -> dict[str, np.ndarray]:
    """Return the columns to be forecast by name: the target, else all of numbers."""
    left = {} if times is None else dict.fromkeys(times.columns)
    values = {
        name: column
        for name, column in columns.items()
        if name not in left and isinstance(column, np.ndarray)
    }
    if target is not None and target not in values:
        raise UserError(f"the target '{target}' is no column of numbers")
    if not values:
        raise UserError("there is no column of numbers to forecast beside times and names")
    return {target: values[target]} if target is not None else values


def _groups(words: Words | None, by: str | None, count: int) -> dict[str, np.ndarray]:
    """Return the rows of each series by its name; of one series all rows, without a name."""
    if words is None:
        return {"": np.arange(count)}
    if len(words.words) > _MOST_SERIES:
        raise UserError(f"'{by}' names {len(words.words):,} series; at most {_MOST_SERIES:,}")
    order = np.argsort(words.codes, kind="stable")
    ends = np.cumsum(np.bincount(words.codes, minlength=len(words.words)))
    pieces = np.split(order, ends[:-1])
    return {name: rows for name, rows in zip(words.words, pieces, strict=True) if len(rows)}


def _telling(columns: Mapping[str, Any], days: np.ndarray, notes: list[str]) -> str | None:
    """Find the column of words that tells rows of the same time apart, where there are such."""
    if (np.diff(np.sort(days)) > 0).all():
        return None
    for name, column in columns.items():
        if isinstance(column, Words) and 1 < len(column.words) < len(days):
            pairs = np.unique(np.stack([column.codes, days]), axis=1)
            if pairs.shape[1] == len(days):
                notes.append(f"'{name}' names the series of each row")
                return name
    return None


def _grouped(
    groups: Mapping[str, np.ndarray],
    columns: Mapping[str, np.ndarray],
    others: Mapping[str, np.ndarray],
    moments: np.ndarray | None,
    times: Times | None,
    notes: list[str],
) -> Series:
    """Bring every series to regular steps."""
    names, parts, first, told = [], [], [], []
    clock: Clock | None = None
    counts = {"sorted": 0, "gaps": 0, "beside": 0, "same": 0}
    for group, rows in groups.items():
        days = None if moments is None else moments[rows]
        if days is not None:
            assert times is not None, "times of the rows"
            rows, days = _sorted(rows, days, group, times, counts)
            clock = clock or clock_of(days, times.form)
            places, beside = rows_of(days, clock, f"'{group}'" if group else "the file")
            counts["beside"] += beside
            counts["same"] += int((np.diff(places) == 0).sum())
        grid = None if days is None else places
        known = [_on_grid(column[rows], grid) for column in others.values()]
        for name, column in columns.items():
            values = _on_grid(column[rows], grid)
            if days is not None:
                first.append(float(days[0]))
            there = np.flatnonzero(~np.isnan(values))
            counts["gaps"] += int(np.isnan(values[: there[-1] + 1 if len(there) else 0]).sum())
            told.append(np.stack(known, axis=1) if known else values[:, None])
            parts.append(values)
            names.append(f"{group} {name}" if group and len(columns) > 1 else group or name)
    notes += _said(counts, clock)
    return Series.joined(names, parts, clock, first, [*others], told)


def _on_grid(values: np.ndarray, places: np.ndarray | None) -> np.ndarray:
    """Return values on the rows of a regular grid, NaN where there is none."""
    if places is None:
        return values
    grid = np.full(int(places[-1]) + 1, np.nan)
    grid[places] = values  # of two that fall on one step, the later one
    return grid


def _sorted(
    rows: np.ndarray, days: np.ndarray, group: str, times: Times, counts: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    back = int((np.diff(days) < 0).sum())
    if back:
        counts["sorted"] += back
        order = np.argsort(days, kind="stable")
        rows, days = rows[order], days[order]
    twice = np.flatnonzero(np.diff(days) == 0)
    if len(twice):
        (stamp,) = Clock(days=1, form=times.form).times(days[twice[0]], 1)
        both = sorted(int(row) + 1 for row in rows[twice[0] : twice[0] + 2])
        where = f" of '{group}'" if group else ""
        raise UserError(
            f"the time {stamp}{where} stands in rows {both[0]:,} and {both[1]:,}: a series has "
            "each time once; of several series --column series=NAME says which a row belongs to"
        )
    return rows, days


def _said(counts: Mapping[str, int], clock: Clock | None) -> list[str]:
    found = []
    if counts["sorted"]:
        found.append("rows were sorted by their times")
    if counts["beside"]:
        assert clock is not None, "steps have a clock"
        same = f", and of {counts['same']:,} on the same step the later" if counts["same"] else ""
        found.append(
            f"{counts['beside']:,} times that are no multiple of {clock.said} were brought to the "
            f"nearest step{same}"
        )
    if counts["gaps"]:
        found.append(
            f"{counts['gaps']:,} steps without a value: a forecast sees the last value before them,"
            " and none is judged there"
        )
    return found


def is_csv(path: str) -> bool:
    """Return whether a path is that of a table of text."""
    return Path(path).suffix.lower() in (".csv", ".tsv", ".txt")
