"""Dates are found in the form in which they are written."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from kerasrecipes.data import dates


@pytest.mark.parametrize("form", dates.FORMATS)
def test_every_format_is_found_and_read(form):
    moments = [datetime(1999, 12, 13, 13, 14, 15) + timedelta(days=41 * n) for n in range(60)]
    cells = [moment.strftime(form) for moment in moments]
    found = dates.format_of(cells)
    assert found is not None
    # Some forms are the same for these days, such as `%b` and `%B`; the days must be.
    expected = [dates.days([datetime.strptime(c, form).strftime(form)], form)[0] for c in cells]
    np.testing.assert_allclose(dates.days(cells, found), expected)


def test_days_are_counted_from_1970():
    cells = ["1970-01-02", "2020-02-29T12:00:00Z", "2020-02-29 12:00:00.25+01:00"]
    form = dates.format_of(cells[1:])
    np.testing.assert_allclose(dates.days(cells[1:], form), [18321.5, 18321.5])
    assert dates.days(cells[:1], "%Y-%m-%d") == [1.0]


@pytest.mark.parametrize(
    "cells", [["12 km"], ["red"], ["555-1234"], ["10.0.0.1"], ["2020-13-45"], ["A-1-2"], [], [""]]
)
def test_what_is_no_date(cells):
    assert dates.format_of(cells) is None


def test_cycles_are_those_that_the_rows_show():
    year = np.arange(800.0)
    assert dates.cycles(year, "%Y-%m-%d") == ["year", "week"]
    assert dates.cycles(year[:10], "%Y-%m-%d") == []
    assert dates.cycles(np.array([0.25, 0.5]), "%H:%M") == ["day"]
    np.testing.assert_allclose(dates.turns(np.array([0.0, 7.0]), "week")[:, 1], 1)
