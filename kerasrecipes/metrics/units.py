"""The unit of what a regression predicts, where the data tells it."""

from __future__ import annotations

import re

from kerasrecipes.info import Info

# A unit in brackets at the end of a column's name, such as `price (EUR)` or `area [m²]`.
_BRACKETS = re.compile(r"[(\[]\s*([^()\[\]]{1,12}?)\s*[)\]]\s*$")


def unit_of(task: str, info: Info) -> str | None:
    """Return the unit in which errors are counted, as it stands behind the number.

    Args:
        task: a row of `kerasrecipes.heads`.
        info: metadata of the data.

    Returns:
        The unit of the target's cells, else the one in brackets in its name, else `in NAME`; `None`
        where there is not one target.
    """
    targets = info.targets or ()
    if task != "regression" or len(targets) != 1:
        return None
    cells = info.target.unit if info.target else ""
    named = _BRACKETS.search(targets[0])
    return cells if cells else named[1] if named else f"in {targets[0]}"
