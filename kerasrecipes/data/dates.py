"""Dates and times in the forms that people and programs write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

# In order of preference: of those that fit all cells, the first is taken. Two-digit years go first,
# for `%Y` reads them as years of antiquity, and so do years without a day, of which `%d` takes two
# digits.
_DAYS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y", "%d.%m.%Y", "%m/%d/%y", "%m/%d/%Y"),
    *("%d/%m/%y", "%d/%m/%Y", "%d-%m-%y", "%d-%m-%Y", "%m-%d-%Y", "%d %b %Y", "%d-%b-%Y"),
    *("%d-%b-%y", "%b %Y", "%b %d, %Y", "%b %d %Y", "%B %d, %Y", "%d %B %Y", "%Y-%m"),
)
_TIMES = ("%H:%M:%S", "%H:%M", "%I:%M %p", "%I:%M:%S %p")
FORMATS = (*_DAYS, *(f"{day} {time}" for day in _DAYS for time in _TIMES), *_TIMES)
# `T` between day and time, parts of a second, and the zone, which is the same in a column.
_ISO = r"^(\d{4}-\d\d?-\d\d?)[T ]+(\d\d?:\d\d)(:\d\d)?(?:[.,]\d+)?\s*(?:Z|UTC|[+-]\d\d:?\d\d)?$"
_LIKE = re.compile(r"\d\D+\d|^[^\W\d]{3,}\.? \d{4}")
_LOOKED_AT = 100  # different cells by which a format is chosen
_LARGEST_SHARE = 0.05  # of cells that may be no dates where all others are
_SECONDS = 86_400.0
YEAR, WEEK, DAY = "year", "week", "day"


def format_of(cells: Sequence[str]) -> str | None:
    """Return the format in which a column's different cells are dates or times, or `None`.

    Args:
        cells: the different cells, text.
    """
    some = list(cells[:: max(1, len(cells) // _LOOKED_AT)])
    like = [bool(_LIKE.search(cell)) and len(cell) < 40 for cell in some]
    if not some or sum(like) < (1 - _LARGEST_SHARE) * len(some):
        return None
    long_years = all(re.search(r"(?<!\d)\d{4}(?!\d)", cell) for cell in some)
    best, least = None, int(_LARGEST_SHARE * len(some)) + 1
    for form in FORMATS:
        if "%Y" in form and not long_years:
            continue
        wrong = int(np.isnan(days(some, form)).sum())
        if wrong < least:
            best, least = form, wrong
    return best


def days(cells: Any, form: str) -> np.ndarray:
    """Convert dates to days since 1970, or times to parts of a day.

    Args:
        cells: texts, with `None` where one is missing, or an Arrow array of them.
        form: their format, one of `FORMATS`.

    Returns:
        `(cells,)` float64, NaN where a cell is not a date of this format.
    """
    import pyarrow
    import pyarrow.compute as compute

    arrow = isinstance(cells, pyarrow.Array)
    column = cells if arrow else pyarrow.array(cells, pyarrow.string())
    column = compute.replace_substring_regex(column, _ISO, r"\1 \2\3")
    moments = compute.strptime(column, format=form, unit="s", error_is_null=True)
    seconds = moments.cast(pyarrow.int64()).to_numpy(zero_copy_only=False).astype(float)
    # A time without a day is one of the year 1900.
    return seconds % _SECONDS / _SECONDS if form in _TIMES else seconds / _SECONDS


def cycles(values: np.ndarray, form: str) -> list[str]:
    """Return the cycles of which dates show more than one turn: `year`, `week`, `day`.

    Args:
        values: `(rows,)` of `days`, none missing.
        form: their format.
    """
    span = float(np.ptp(values)) if len(values) else 0.0
    timed = "%M" in form
    found = [YEAR] if span >= 2 * 365 else []
    found += [WEEK] if span >= 14 and "%d" in form and len(np.unique(values // 1 % 7)) > 1 else []
    return found + ([DAY] if timed and len(np.unique(values % 1)) > 1 else [])


def turns(values: np.ndarray, cycle: str) -> np.ndarray:
    """Return where in a cycle dates are, `(rows, 2)`: sine and cosine, so that its end is beside
    its beginning.

    Args:
        values: `(rows,)` of `days`.
        cycle: `year`, `week` or `day`.
    """
    length = {YEAR: 365.2425, WEEK: 7.0, DAY: 1.0}[cycle]
    angle = 2 * np.pi * (values % length) / length
    return np.stack([np.sin(angle), np.cos(angle)], axis=1)
