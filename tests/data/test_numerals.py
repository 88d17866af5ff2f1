"""Numbers as people write them, drawn in every notation and read back."""

import random
from collections import Counter

import pytest

from kerasrecipes.data import numerals


def written(number: float, group: str, decimal: str, before: str, after: str) -> str:
    text = f"{abs(number):,.2f}".replace(",", "_").replace(".", decimal).replace("_", group)
    return f"{'-' if number < 0 else ''}{before}{text}{after}"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "group, decimal", [(",", "."), (".", ","), (" ", ","), ("\u202f", ","), ("'", "."), ("", ".")]
)
@pytest.mark.parametrize(
    "before, after",
    [("", ""), ("$", ""), ("€ ", ""), ("", " €"), ("USD ", ""), ("", " %"), ("", "%"), ("", " km")],
)
def test_what_is_written_is_read(seed, group, decimal, before, after):
    draw = random.Random(seed)
    numbers = [round(draw.uniform(-2e6, 2e6), 2) for _ in range(30)] + [0.5, -12.25]
    cells = {written(number, group, decimal, before, after): number for number in numbers}
    reading = numerals.read(Counter(cells.keys()))
    assert reading is not None and not reading.odd
    assert reading.numbers == cells
    assert reading.notation.unit == (before + after).strip()


@pytest.mark.parametrize(
    "cell, number",
    [
        ("(1,200)", -1200.0),
        ("1,23,456", 123456.0),
        ("−5", -5.0),
        ("$-5", -5.0),
        ("1e5", 1e5),
        ("+.5", 0.5),
        ("$1.2M", 1.2e6),
        ("£300k", 3e5),
        ("12.5kg", 12.5),
        ("R$ 1.234,50", 1234.5),
    ],
)
def test_single_cells(cell, number):
    assert numerals.attempt({cell: 1}).numbers == {cell: number}


@pytest.mark.parametrize(
    "cells",
    [
        ["A1", "A2"],
        ["12a", "12b"],
        ["12 km", "800 m"],
        ["3 rooms", "4 beds"],
        ["1st", "2nd"],
        ["2020-01-01"],
        ["10.0.0.1"],
        ["12:30"],
        ["1_000"],
        ["10-20"],
        ["5'10\""],
        ["1,2,3"],
        ["(5"],
        ["€"],
        [""],
    ],
)
def test_what_is_no_number_stays_a_word(cells):
    assert numerals.read(Counter(cells)) is None


def test_a_few_other_cells_among_many_numbers_are_odd_and_named():
    numbers = Counter(str(number) for number in range(100))
    assert numerals.read(numbers + Counter(["unknown"])).odd == ["unknown"]
    assert numerals.read(numbers + Counter({"unknown": 20})) is None
    # Of few numbers the word is one of several classes.
    assert numerals.read(Counter({"1": 50, "2": 50, "other": 2})) is None


def test_units_that_differ_are_told_with_their_cells():
    assert numerals.units(["12 km", "3 km", "800 m", "7"]) == {"km": "12 km", "m": "800 m"}
    assert numerals.units(["12 km", "far"]) == {}
