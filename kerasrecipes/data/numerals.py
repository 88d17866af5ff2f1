"""Numbers as people write them: with currency, thousands, percent signs and units.

How a column is written is one decision for all its cells, a `Notation`: `1,234` is a thousand and
more where the other cells have decimal points, and a little more than one where they have commas.
"""

from __future__ import annotations

import functools
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

CURRENCIES = (
    *("$", "€", "£", "¥", "₹", "₽", "₩", "₺", "₫", "฿", "₴", "₪", "¢", "US$", "R$"),
    *("A$", "C$", "Rs", "Rs.", "zł", "Kč", "kr", "kr.", "CHF", "USD", "EUR", "GBP"),
    *("JPY", "CNY", "INR", "RUB", "KRW", "TRY", "SEK", "NOK", "DKK", "PLN", "CZK"),
    *("HUF", "AUD", "CAD", "NZD", "MXN", "BRL"),
)
# Units that stand directly behind a number; others need a space between, and the same one every
# time.
UNITS = frozenset(
    (
        *("%", "‰", "°", "°C", "°F", "K", "m", "cm", "mm", "km", "µm", "nm", "mi", "ft"),
        *("in", "yd", "g", "mg", "kg", "µg", "t", "lb", "lbs", "oz", "l", "ml", "cl", "dl"),
        *("gal", "h", "hr", "hrs", "min", "mins", "s", "sec", "secs", "ms", "d", "yr"),
        *("yrs", "y", "W", "kW", "MW", "kWh", "MWh", "Wh", "V", "mV", "A", "mA", "Ah"),
        *("mAh", "hp", "bhp", "PS", "Nm", "cc", "rpm", "mpg", "kmpl", "kmph", "mph"),
        *("km/h", "m/s", "km/kg", "kmh", "m²", "m2", "km²", "km2", "ft²", "ft2", "sqft"),
        *("sqm", "ha", "m³", "m3", "cm³", "cm3", "Hz", "kHz", "MHz", "GHz", "B", "KB"),
        *("MB", "GB", "TB", "kB", "Pa", "hPa", "kPa", "bar", "psi", "px", "MP", "dB"),
        *("cal", "kcal", "kJ", "J", "mol", "bp", "bps", "x"),
    )
)
# Behind an amount of money, how many of it are meant.
_SCALES = {"k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9, "mrd": 1e9}
_SPACES = " \u00a0\u2009\u202f"
# By decimal mark, from a number as it is written to one that Python reads.
_POINTS: dict[str, dict[int, str | None]] = {
    mark: {**dict.fromkeys(map(ord, f"{_SPACES}'’,."), None), ord(mark): "."} for mark in ".,"
}
_MOST_LOOKED_AT = 2000  # different cells by which the notation is chosen
# A column is of numbers, with a few cells that count as missing, from so many different numbers on
# and up to such a share of other cells; with less, the words may be what the column is about.
_FEWEST_NUMBERS, _LARGEST_SHARE = 20, 0.05

_CURRENCY = "|".join(map(re.escape, sorted(CURRENCIES, key=len, reverse=True)))
_SHAPE = re.compile(
    rf"[(]?\s*[+−-]?\s*(?P<before>(?:{_CURRENCY})(?![^\W\d]))?\s*[+−-]?"
    rf"(?P<digits>[.,]?\d(?:[\d.,'’{_SPACES}]*\d)?[.,]?)(?:[eE][+-]?\d+)?"
    rf"(?P<space>[{_SPACES}]*)(?P<after>[^\d\s(),;:][^\d(),;:]*[23]?|)[)]?"
)


@dataclass(frozen=True)
class Notation:
    """How the numbers of a column are written.

    Args:
        unit: currency, percent sign or unit beside the digits; empty where there is none.
        decimal: the decimal mark, a point or a comma.
    """

    unit: str = ""
    decimal: str = "."

    def to_dict(self) -> dict[str, Any]:
        """Return the entries that differ from the defaults, as values that JSON has."""
        return {name: value for name, value in asdict(self).items() if value not in ("", ".")}


@dataclass(frozen=True)
class Reading:
    """What the different cells of a column mean as numbers.

    Args:
        notation: how they are written.
        numbers: the number of each cell that is one.
        odd: the cells that are none, the most frequent first.
    """

    notation: Notation
    numbers: Mapping[str, float]
    odd: Sequence[str]


def read(counts: Mapping[str, int], prefer: str = ".") -> Reading | None:
    """Read the different cells of a column, or return `None` if it is not one of numbers.

    Args:
        counts: how often each cell occurs.
        prefer: decimal mark where both would do.

    Returns:
        The numbers. A few cells may be odd where all others are numbers.
    """
    reading = attempt(counts, prefer)
    if not reading.odd:
        return reading if reading.numbers else None
    odd = sum(counts[cell] for cell in reading.odd)
    few = odd <= _LARGEST_SHARE * sum(counts.values())
    return reading if few and len(reading.numbers) >= _FEWEST_NUMBERS else None


def attempt(counts: Mapping[str, int], prefer: str = ".") -> Reading:
    """Read the cells of a column in the notation in which most of them are numbers.

    Args:
        counts: how often each cell occurs.
        prefer: decimal mark where both would do.

    Returns:
        The numbers, perhaps none, and all other cells.
    """
    cells = list(counts)
    # Evenly over the column, whose beginning may be unlike the rest.
    some = cells[:: max(1, len(cells) // _MOST_LOOKED_AT)]
    # The unit that the numbers among them have, empty for none or several. Other units are other
    # sizes: 800 m beside 12 km are not two numbers of one column.
    units = Counter(unit for cell in some if (unit := _unit_of(cell)))
    unit = max(units, key=units.__getitem__, default="")
    same = sum(n for other, n in units.items() if other.casefold() == unit.casefold())
    if same < (1 - _LARGEST_SHARE) * units.total():
        unit = ""
    marks = (prefer, "," if prefer == "." else ".")
    notations = [Notation(unit, mark) for mark in marks]
    readable = [sum(value(cell, notation) is not None for cell in some) for notation in notations]
    notation = notations[0] if readable[0] >= readable[1] else notations[1]
    numbers = {cell: found for cell in cells if (found := value(cell, notation)) is not None}
    odd = sorted((cell for cell in cells if cell not in numbers), key=lambda cell: -counts[cell])
    return Reading(notation, numbers, odd)


def value(cell: str, notation: Notation) -> float | None:
    """Return the number that a cell holds, NaN for infinity, or `None` if it holds none.

    Args:
        cell: its text.
        notation: how the column's numbers are written.
    """
    found = _pattern(notation).fullmatch(cell)
    if found is None:
        return _plain(cell) if notation.decimal == "." else None
    opened, sign, second, digits, exponent, scale, closed = found.groups()
    number = float(digits.translate(_POINTS[notation.decimal]) + exponent)
    if scale:
        number *= _SCALES[scale.strip(_SPACES).lower()]
    if bool(opened) != bool(closed):
        return None
    # Accountants write losses in brackets.
    negative = opened or "-" in sign + second or "−" in sign + second
    return math.nan if math.isinf(number) else -number if negative else number


def is_code(cells: Iterable[str]) -> bool:
    """Return whether digits are codes rather than numbers: with leading zeros, as postcodes have,
    or longer than a number is exact.
    """
    return any(
        cell.isascii() and cell.isdigit() and ((cell[0] == "0" and len(cell) > 1) or len(cell) > 15)
        for cell in cells
    )


def _plain(cell: str) -> float | None:
    # What only Python takes for a number is left out: underscores, and digits of other scripts.
    if "_" in cell or not cell.isascii():
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else math.nan


def units(cells: Iterable[str]) -> dict[str, str]:
    """Return the different units beside the numbers of a column, each with a cell that has it.

    Args:
        cells: the different cells.

    Returns:
        Cells by unit; nothing if a cell is not a number with or without a unit.
    """
    found: dict[str, str] = {}
    for cell in cells:
        unit = _unit_of(cell)
        if unit is None:
            return {}
        if unit:
            found.setdefault(unit.casefold(), cell)
    return found


def is_amount(cell: str) -> bool:
    """Return whether a cell is a number, with a unit or without."""
    return _unit_of(cell) is not None


def _unit_of(cell: str) -> str | None:
    """Return the unit beside a number, empty without one; `None` if a cell is not a number."""
    shape = _SHAPE.fullmatch(cell)
    if shape is None:
        return None
    before, after = shape["before"] or "", shape["after"].strip()
    if before:
        return before if not after or after.lower() in _SCALES else None
    directly = not after or after in UNITS or after in CURRENCIES
    return after if directly or shape["space"] else None


@functools.cache
def _pattern(notation: Notation) -> re.Pattern[str]:
    mark = re.escape(notation.decimal)
    dividers = [f"[{_SPACES}]", "['’]", "," if notation.decimal == "." else r"\."]
    grouped = [rf"[1-9]\d{{0,2}}(?:{divider}\d{{3}})+" for divider in dividers]
    # Of lakhs and crores two digits are together.
    grouped.append(r"[1-9]\d?(?:,\d{2})+,\d{3}" if notation.decimal == "." else r"\d+")
    digits = rf"(?:(?:{'|'.join(grouped)}|\d+)(?:{mark}\d*)?|{mark}\d+)"
    unit, money = re.escape(notation.unit), notation.unit in CURRENCIES
    before = rf"(?:{unit}[{_SPACES}]*)?" if money else ""
    scale = rf"(?P<scale>(?:[{_SPACES}]?(?:{'|'.join(_SCALES)})\b)?)" if money else "(?P<scale>)"
    # A unit may be left out, and be written in small letters or in capitals.
    after = rf"(?:[{_SPACES}]*{unit})?" if unit else ""
    return re.compile(
        rf"(?P<open>[(]?)(?P<sign>[+−-]?)[{_SPACES}]*{before}(?P<sign2>[+−-]?)"
        rf"(?P<digits>{digits})(?P<exponent>(?:e[+-]?\d+)?)[{_SPACES}]*{scale}{after}"
        rf"(?P<close>[)]?)",
        re.IGNORECASE | re.ASCII,
    )
