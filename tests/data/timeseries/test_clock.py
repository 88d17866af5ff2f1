import numpy as np
import pytest

from kerasrecipes.data import dates
from kerasrecipes.data.timeseries.clock import Clock, clock_of, rows_of
from kerasrecipes.errors import UserError


def days(stamps, form):
    return dates.days(np.array(stamps, object), form)


@pytest.mark.parametrize(
    ("stamps", "form", "said", "season"),
    [
        (["1949-11", "1949-12", "1950-01", "1950-02"], "%Y-%m", "a month", 12),
        (["2020-01-31", "2020-04-30", "2020-07-31"], "%Y-%m-%d", "3 months", 4),
        (["2020-01-01", "2020-04-01", "2020-07-01"], "%Y-%m-%d", "3 months", 4),
        (["2020-02-28", "2020-02-29", "2020-03-01"], "%Y-%m-%d", "1 day", 7),
        (
            ["2020-01-01 00:00", "2020-01-01 01:00", "2020-01-01 02:00"],
            "%Y-%m-%d %H:%M",
            "1 hour",
            24,
        ),
        (
            ["2020-01-01 00:00", "2020-01-01 00:15", "2020-01-01 00:30"],
            "%Y-%m-%d %H:%M",
            "15 minutes",
            96,
        ),
    ],
)
def test_the_step_is_told_by_the_times_and_continues_them(stamps, form, said, season):
    found = days(stamps, form)
    clock = clock_of(found, form)
    assert clock.said == said and clock.season == season
    if "31" not in stamps[0]:
        assert clock.times(found[0], len(stamps)) == stamps
        assert clock.times(clock.after(found[0], 1), 1) == stamps[1:2]


def test_gaps_and_times_beside_a_step_are_counted():
    hours = np.array([0, 1, 2, 3, 7, 8.25, 9]) / 24
    clock = clock_of(hours, "%Y-%m-%d %H:%M")
    rows, beside = rows_of(hours, clock, "the file")
    assert rows.tolist() == [0, 1, 2, 3, 7, 8, 9] and beside == 1


def test_times_without_a_step_are_refused():
    scattered = np.cumsum([0, 1e-3, 1e-3, 5, 9, 13, 1e-3])
    with pytest.raises(UserError, match="follow no step"):
        rows_of(scattered, clock_of(scattered, "%Y-%m-%d %H:%M"), "the file")
    with pytest.raises(UserError, match="two rows"):
        clock_of(np.array([1.0]), "%Y-%m-%d")


def test_a_month_has_the_same_day_as_the_one_before():
    clock = Clock(months=1, form="%Y-%m-%d")
    assert clock.times(days(["2023-11-15"], "%Y-%m-%d")[0], 4) == [
        *("2023-11-15", "2023-12-15", "2024-01-15", "2024-02-15")
    ]
