"""Series in CSV files: a column for each, a row for each, or all below one another with names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from kerasrecipes.data import csv_reader, dates, roles
from kerasrecipes.data.csv_reader import Cells
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


class Times(NamedTuple):
    """When the rows of a table were.

    Args:
        days: `(rows,)`, in days since 1970.
        form: format of the times.
        columns: where they stand.
    """

    days: np.ndarray
    form: str
    columns: tuple[str, ...]


def read(path: str | bytes, options: Mapping[str, Any]) -> tuple[Series, list[str]]:
    """Read the series of a CSV file.

    Args:
        path: the file, or its content.
        options: of the data: `target`, one column to be forecast, and `column` with the roles
            `time` and `series`.

    Returns:
        The series, and notes on how they were read.

    Raises:
        UserError: if there are no series in it, or its times are not those of series.
    """
    cells = csv_reader.read(path)
    notes = list(cells.notes)
    names = cells.names or [f"column_{number}" for number in range(1, len(cells.arrays) + 1)]
    said = roles.named(options, names, ROLES).roles
    if not said and _is_row_wise(cells):
        return _by_row(cells), notes
    times = _times(cells, names, said.get("time"))
    by = roles.find(names, said["series"]) if "series" in said else None
    if by is None and times is not None:
        by = _telling(cells, names, times, notes)
    taken = {*(times.columns if times else ()), *([by] if by else [])}
    columns = _numbers(cells, names, taken, said.get("target"))
    if by is None:
        groups = {"": np.arange(len(cells))}
    else:
        keys = cells.columns[names.index(by)].astype(str)
        different, first, where = np.unique(keys, return_index=True, return_inverse=True)
        if len(different) > _MOST_SERIES:
            raise UserError(f"'{by}' names {len(different):,} series; at most {_MOST_SERIES:,}")
        order = np.argsort(first)
        groups = {str(different[n]): np.flatnonzero(where == n) for n in order}
    return _grouped(groups, columns, times, notes), notes


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


def _times(cells: Cells, names: Sequence[str], said: str | None) -> Times | None:
    """Find the times of the rows: in the column that the user named, the first of times, or in
    several of their parts; `None` where there are none.

    Raises:
        UserError: if the column that was named holds no times.
    """
    wanted = [roles.find(names, said, "time column")] if said else names
    for name in wanted:
        column = cells.columns[names.index(name)]
        form = _form(column)
        if form is not None and ("%Y" in form or "%y" in form):
            return Times(_read_times(column, form, name), form, (name,))
    if said:
        shown = next((cell for cell in cells.columns[names.index(wanted[0])] if cell), "")
        raise UserError(
            f"the time column '{wanted[0]}' does not sort: it holds no dates or times, such as "
            f"2024-01-31 13:00; received '{shown[:40]}'"
        )
    lower = [name.lower() for name in names]
    parts = [names[lower.index(part)] for part in _PARTS if part in lower]
    if "year" in lower and len(parts) > 1:
        return _composed(cells, names, parts)
    return None


def _form(column: np.ndarray) -> str | None:
    """Return the format of the times of a column, of which a few cells may be none."""
    cells = [*dict.fromkeys(cell for cell in column[:2000] if cell)]
    like = [cell for cell in cells if _LIKE.search(cell)]
    return dates.format_of(like) if len(like) >= _MOST_TIMES * len(cells) and like else None


def _read_times(column: np.ndarray, form: str, name: str) -> np.ndarray:
    found = dates.days(column, form)
    bad = np.flatnonzero(np.isnan(found))
    if len(bad):
        cell = column[bad[0]]
        raise UserError(
            f"the time column '{name}' does not sort: "
            f"{'a missing cell' if cell is None else repr(str(cell)[:40])} in row {bad[0] + 1} is "
            f"no time of the form {form}"
        )
    return found


def _composed(cells: Cells, names: Sequence[str], parts: Sequence[str]) -> Times:
    numbers = [csv_reader.numbers(cells.columns[names.index(part)]) for part in parts]
    given = {part.lower(): n for part, n in zip(parts, numbers, strict=True) if n is not None}
    if len(given) < len(parts) or any(np.isnan(n).any() for n in given.values()):
        raise UserError(f"the columns {', '.join(parts)} are to say when, and are not all numbers")
    months = (given["year"] - 1970) * 12 + given.get("month", np.ones(len(cells))) - 1
    days = months.astype(np.int64).astype("datetime64[M]").astype("datetime64[D]").astype(float)
    days += given.get("day", np.ones(len(cells))) - 1
    for part, share in (("hour", 24), ("minute", 1440), ("second", 86_400)):
        days += given.get(part, np.zeros(len(cells))) / share
    form = "%Y-%m" if "day" not in given else "%Y-%m-%d"
    return Times(days, form if "hour" not in given else "%Y-%m-%d %H:%M", tuple(parts))


def _telling(cells: Cells, names: Sequence[str], times: Times, notes: list[str]) -> str | None:
    """Find the column of words that tells rows of the same time apart, where there are such."""
    if len(np.unique(times.days)) == len(times.days):
        return None
    for name, column in zip(names, cells.columns, strict=True):
        if name in times.columns or csv_reader.numbers(column[:200]) is not None:
            continue
        keys = column.astype(str)
        pairs = {*zip(keys, times.days, strict=True)}
        if len(pairs) == len(keys) and len(set(keys)) < len(keys):
            notes.append(f"'{name}' names the series of each row")
            return name
    return None


def _numbers(
    cells: Cells, names: Sequence[str], taken: set[str], target: str | None
) -> dict[str, np.ndarray]:
    """Return the columns to be forecast by name: the target, else all of numbers."""
    if target is not None:
        name = roles.find(names, target, "target column")
        found = csv_reader.numbers(cells.columns[names.index(name)])
        if found is None:
            raise UserError(f"the target '{name}' is no column of numbers")
        return {name: found}
    columns = {}
    for name, column in zip(names, cells.columns, strict=True):
        if name in taken:
            continue
        found = csv_reader.numbers(column)
        if found is None or (_counts(found) and (name.lower() in _COUNTERS or name == names[0])):
            continue
        columns[name] = found
    if not columns:
        raise UserError("there is no column of numbers to forecast beside times and names")
    return columns


def _counts(column: np.ndarray) -> bool:
    """Return whether a column counts the rows."""
    return len(column) > 1 and bool((np.diff(column) == 1).all())


def _grouped(
    groups: Mapping[str, np.ndarray],
    columns: Mapping[str, np.ndarray],
    times: Times | None,
    notes: list[str],
) -> Series:
    """Bring every series to regular steps."""
    names, parts, first = [], [], []
    clock: Clock | None = None
    counts = {"sorted": 0, "gaps": 0, "beside": 0, "same": 0}
    for group, rows in groups.items():
        days = None if times is None else times.days[rows]
        if days is not None:
            assert times is not None, "times of the rows"
            rows, days = _sorted(rows, days, group, times, counts)
            clock = clock or clock_of(days, times.form)
            places, beside = rows_of(days, clock, f"'{group}'" if group else "the file")
            counts["beside"] += beside
            counts["same"] += len(places) - len(np.unique(places))
        for name, column in columns.items():
            values = column[rows]
            if days is not None:
                grid = np.full(int(places[-1]) + 1, np.nan)
                grid[places] = values  # of two that fall on one step, the later one
                values = grid
                first.append(float(days[0]))
            counts["gaps"] += int(np.isnan(values).sum())
            parts.append(values)
            names.append(f"{group} {name}" if group and len(columns) > 1 else group or name)
    notes += _said(counts, clock)
    return Series.joined(names, parts, clock, first)


def _sorted(
    rows: np.ndarray, days: np.ndarray, group: str, times: Times, counts: dict[str, int]
) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(days, kind="stable")
    counts["sorted"] += int((np.diff(days) < 0).sum())
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
