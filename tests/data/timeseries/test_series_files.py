import numpy as np
import pytest

from kerasrecipes.data.timeseries.series_files import read
from kerasrecipes.errors import UserError


def table(*rows):
    return "\n".join(rows).encode()


def test_a_column_of_times_and_one_for_each_series():
    rows = [f"2024-01-{day:02d},{day},{10 * day},word" for day in range(1, 9)]
    series, notes = read(table("day,a,b,note", *rows), {})
    assert series.names == ("a", "b") and series.lengths.tolist() == [8, 8] and notes == []
    assert series.clock.said == "1 day" and series.of(1)[2] == 30
    only, _ = read(table("day,a,b,note", *rows), {"target": "b"})
    assert only.names == ("b",)


def test_rows_without_times_are_in_their_order():
    series, _ = read(table("row,sales", *(f"{n},{n * n % 7}" for n in range(20))), {})
    assert series.names == ("sales",) and series.clock is None and len(series.of(0)) == 20


def test_semicolons_come_with_decimal_commas():
    rows = [f"{day:02d}.01.2024;{day},5" for day in range(1, 9)]
    series, _ = read(table("Tag;Wert", *rows), {})
    assert series.of(0).tolist() == [day + 0.5 for day in range(1, 9)]
    assert series.clock.times(series.first[0], 2) == ["01.01.2024", "02.01.2024"]


def test_a_long_file_is_read_like_a_short_one():
    random = np.random.default_rng(0)
    values = np.round(random.normal(size=60_000), 4)
    stamps = np.datetime64("2000-01-01T00:00") + np.arange(60_000).astype("timedelta64[m]")
    rows = [f"{str(t).replace('T', ' ')},{v}" for t, v in zip(stamps, values, strict=True)]
    series, notes = read(table("time,load", *rows), {})
    np.testing.assert_allclose(series.of(0), values, rtol=1e-6)
    assert series.clock.said == "1 minute" and notes == []
    rows[50_000] = rows[50_000].replace("2000", "year", 1)
    with pytest.raises(UserError, match=r"does not sort.* row 50,001"):
        read(table("time,load", *rows), {})


def test_series_below_one_another_are_told_apart_by_their_names():
    rows = [
        f"2024-01-{day:02d},{shop},{day + 100 * (shop == 'x')}"
        for day in range(1, 9)
        for shop in "yx"
    ]
    found, notes = read(table("day,shop,sales", *rows), {})
    assert found.names == ("y", "x") and found.of(1)[0] == 101
    assert "'shop' names the series" in notes[0]
    said, _ = read(table("day,shop,sales", *rows), {"column": {"series": "shop"}})
    assert said.names == found.names


def test_a_row_for_each_series():
    random = np.random.default_rng(0)
    rows = [
        f"H{n}," + ",".join(f"{v:.3f}" for v in random.normal(size=50 - 3 * n)) + ",NA" * 3 * n
        for n in range(4)
    ]
    series, _ = read(table(",".join(f"V{n}" for n in range(51)), *rows), {})
    assert series.names == ("H0", "H1", "H2", "H3") and series.lengths.tolist() == [50, 47, 44, 41]


def test_times_in_several_columns():
    rows = [f"{n},2024,1,{1 + n // 24},{n % 24},{n}.5" for n in range(60)]
    series, _ = read(table("No,year,month,day,hour,heat", *rows), {})
    assert series.names == ("heat",) and series.clock.said == "1 hour"
    assert series.clock.times(series.first[0], 1) == ["2024-01-01 00:00"]


def test_gaps_and_disorder_are_put_right_and_said():
    rows = [f"2024-01-{day:02d},{day}" for day in (5, 1, 2, 3, 8, 9, 10)]
    series, notes = read(table("day,a", *rows), {})
    assert len(series.of(0)) == 10 and np.isnan(series.of(0)).sum() == 3
    assert any("sorted" in note for note in notes) and any("3 steps without" in n for n in notes)
    assert series.filled()[5:7].tolist() == [5, 5]


@pytest.mark.parametrize(
    ("rows", "options", "said"),
    [
        (["day,a", "2024-01-01,1", "2024-01-02,2", "2024-01-02,3"], {}, "rows 2 and 3"),
        (["day,a", "soon,1", "later,2", "never,3"], {"column": {"time": "day"}}, "does not sort"),
        (["day,a", *(f"2024-01-{d:02d},1" for d in range(1, 30)), "soon,2"], {}, "does not sort"),
        (["day,a", "2024-01-01,x", "2024-01-02,y"], {}, "no column of numbers"),
        (["day,a", "2024-01-01,1", "2024-01-02,2"], {"target": "sales"}, "sales"),
        (["day,a,b", "2024-01-01,1,x", "2024-01-02,2,y"], {"target": "b"}, "no column of numbers"),
        (["day,a", "2024-01-01,1"], {}, "two rows"),
        ([""], {}, "empty"),
    ],
)
def test_what_are_no_series_is_refused_in_a_line(rows, options, said):
    with pytest.raises(UserError, match=said) as caught:
        read(table(*rows), options)
    assert "\n" not in str(caught.value)


def test_columns_beside_the_target_reach_beyond_its_last_value():
    rows = [f"2024-01-{d:02d},{d if d < 6 else ''},{d % 2}" for d in range(1, 9)]
    series, notes = read(table("day,sales,promo", *rows), {"target": "sales"})
    assert series.names == ("sales",) and series.lengths.tolist() == [5] and notes == []
    assert series.beside == ("promo",) and series.covariates[:, 0].tolist() == [1, 0, 1, 0, 1]
    assert series.ahead[0][:, 0].tolist() == [0, 1, 0]


def test_the_columns_that_were_taken_are_told_where_that_is_asked_for():
    rows = [f"2024-01-{day:02d},{shop},{day}" for shop in "ab" for day in range(1, 9)]
    options = {"target": "sold", "column": {"series": "shop"}}
    _, notes = read(table("day,shop,sold", *rows), options, tell=True)
    assert notes[0] == "columns by their roles: target 'sold', time 'day', series 'shop'"
    assert not any("roles" in note for note in read(table("day,shop,sold", *rows), options)[1])
