import math

import pytest

from kerasrecipes.reports import formatting

NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("accuracy", 0.75, "75.0 %"),
        ("loss", 0.123456, "0.1235"),
        ("parameters", 61706, "61,706"),
        ("parameters", 138357544.0, "138,357,544"),
        ("seconds", 161, "2 min 41 s"),
        ("loss", math.nan, "not a number"),
        ("loss", math.inf, "infinite"),
        ("jit", True, "true"),
        ("accuracy", math.nan, "not a number"),
    ],
)
def test_measured(name, value, written):
    assert formatting.measured(name, value).replace(NBSP, " ") == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "none"),
        (False, "false"),
        (1e-3, "0.001"),
        (1e-12, "1e-12"),
        ((1, None), "1, none"),
        ({"a": 1}, "a: 1"),
    ],
)
def test_plain(value, written):
    assert formatting.plain(value) == written


def test_spread_gives_mean_and_deviation_the_same_digits():
    assert formatting.spread("accuracy", 0.987, 0.0021).replace(NBSP, " ") == "98.70 ± 0.21 %"
    assert formatting.spread("loss", 0.066723, 0.009619).replace(NBSP, " ") == "0.0667 ± 0.0096"
    assert formatting.spread("loss", 1234.5, 321.0).replace(NBSP, " ") == "1,234 ± 321"
    assert formatting.spread("loss", 0.5, None) == "0.5"
    assert "not a number" in formatting.spread("loss", math.nan, math.nan)


def test_counted_and_shortened_and_quantity():
    assert formatting.counted(1, "mistake") == f"1{NBSP}mistake"
    assert formatting.counted(1200, "mistake") == f"1,200{NBSP}mistakes"
    assert formatting.shortened("a long name", 6) == "a lon…"
    assert formatting.shortened("short", 6) == "short"
    assert formatting.quantity(48_120) == "48,120"
    assert formatting.quantity(4.112e9) == f"4.11{NBSP}billion"
    assert formatting.quantity(999_900) == f"1{NBSP}million"
