"""Texts, counts and settings as figures, reports and tables write them; metrics are in
`kerasrecipes.metrics.names`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from kerasrecipes.metrics.names import (
    is_share,
    number,
    written,
)


def sentence(text: str) -> str:
    """Return a text that begins with a capital letter."""
    # `str.capitalize` would lower the rest: "BLEU" to "Bleu".
    return text[:1].upper() + text[1:]


def quantity(count: float) -> str:
    """Write a large count short: `48,120`, `4.11 billion`."""
    for size, unit in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        # From here on three digits round to 1 of the unit.
        if count >= 0.9995 * size:
            # Non-breaking, so that a line does not end between the number and its unit.
            return f"{count / size:.3g}\u00a0{unit}"
    return f"{count:,.0f}"


def measured(name: str, value: Any) -> str:
    """Write a cell of a table: a number as the metric of its column is written, else as a setting.

    Args:
        name: of the column.
        value: of any type.

    Returns:
        The text; a share is in percent, a metric of seconds has its unit.
    """
    # bool is a subclass of int.
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return written(name, value) if is_number else plain(value)


def spread(name: str, mean: float, deviation: float | None) -> str:
    """Write a mean with its standard deviation, such as `98.70 ± 0.21 %`.

    Args:
        name: of the metric.
        mean: of its values.
        deviation: their standard deviation; `None` if it is unknown, as for a single run.

    Returns:
        The text: a share in percent with two decimals, others with two significant digits of the
        deviation; the mean alone where that is unknown.
    """
    if deviation is None:
        return measured(name, mean)
    if is_share(name) and math.isfinite(mean):
        return f"{100 * mean:.2f}\u00a0±\u00a0{100 * deviation:.2f}\u00a0%"
    unit = "\u00a0s" if name.split("_")[-1] == "seconds" else ""
    # `not >`, which is true of NaN as well.
    if not deviation > 0 or not math.isfinite(mean):
        return f"{number(mean)}\u00a0±\u00a0{number(deviation)}{unit}"
    # Two significant digits of the deviation, and the mean to the same place.
    digits = max(0, 1 - math.floor(math.log10(deviation)))
    return f"{mean:,.{digits}f}\u00a0±\u00a0{deviation:,.{digits}f}{unit}"


def plain(value: Any) -> str:
    """Write a setting's value as it would be typed: `true`, `none`, `0.001`, `1, 2`."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        # Ten digits, by which 0.1 + 0.2 is 0.3.
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(plain(item) for item in value)
    return str(value)


def shape(sizes: Any) -> str:
    """Write a shape as `28 × 28 × 6`, its unknown batch left out and other unknown sizes as `?`.

    Args:
        sizes: a shape with the batch first, a sequence of shapes, or `None`.

    Returns:
        The text; of several shapes with commas between them, of `None` an empty one.
    """
    if not isinstance(sizes, (list, tuple)):
        return "" if sizes is None else str(sizes)
    if any(isinstance(size, (list, tuple)) for size in sizes):
        return ", ".join(shape(size) for size in sizes)
    inner = sizes[1:] if len(sizes) > 1 and sizes[0] is None else sizes
    return " × ".join("?" if size is None else str(size) for size in inner)


def counted(count: int, one: str, many: str | None = None) -> str:
    """Write a count with its noun: `1 mistake`, `1,204 mistakes`.

    Args:
        count: of things.
        one: the noun in the singular.
        many: in the plural, if that is more than an `s`.

    Returns:
        The text, with a non-breaking space and commas between thousands.
    """
    return f"{count:,}\u00a0{one if count == 1 else many or one + 's'}"


def shortened(text: str, length: int) -> str:
    """Truncate a text, with an ellipsis where something was left out.

    Args:
        text: of any length.
        length: maximum number of characters.

    Returns:
        The text, of `length` characters at most, the ellipsis included.
    """
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
