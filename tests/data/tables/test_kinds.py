"""What columns are taken for, and how later rows are read by it."""

import json
import random
import re

import numpy as np
import pyarrow
import pytest

from kerasrecipes.data.tables import columns
from kerasrecipes.data.tables.kinds import ColumnKind, decide, described, read
from kerasrecipes.errors import UserError


def array(cells):
    return pyarrow.array(cells, pyarrow.string())


@pytest.mark.parametrize(
    "name, cells, kind",
    [
        ("n", ["1", "2.5", None], {"kind": "number"}),
        ("n", ["$1,234.50", "$3"], {"kind": "number", "unit": "$"}),
        ("n", ["1 234,5 €", "3 €"], {"kind": "number", "unit": "€", "decimal": ","}),
        ("zip", ["01234", "99999"], {"kind": "category", "why": "codes"}),
        ("card", ["1234567890123456", "2234567890123456"], {"kind": "category", "why": "codes"}),
        ("b", ["Yes", "no", None], {"kind": "boolean"}),
        ("when", ["31.12.2020", "1.1.2021"], {"kind": "date", "date_format": "%d.%m.%Y"}),
        ("city", ["Oslo", "Rome"] * 30, {"kind": "category"}),
        ("id", [str(n) for n in range(30)], {"kind": "id", "why": "only counts the rows"}),
        ("userId", [str(n * n) for n in range(30)], {"kind": "id", "why": "all different"}),
        ("year", [str(n) for n in range(30)], {"kind": "number"}),
        ("distance", ["12 km", "800 m"], {"kind": "category"}),
    ],
)
def test_kinds_are_decided_by_the_cells(name, cells, kind):
    found, _, _ = decide(name, array(cells))
    assert found.to_dict() == {"name": name, **kind}
    assert ColumnKind.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_words_that_differ_in_every_row_are_ids_or_texts():
    assert decide("code", array([f"x{n}" for n in range(50)]))[0].kind == "id"
    assert decide("said", array([f"so good to see {n}" for n in range(50)]))[0].kind == "text"


@pytest.mark.parametrize("cells", [["yes", "no"], ["01", "02"], ["2020-01-01", "2020-01-02"]])
def test_a_target_holds_numbers_or_classes(cells):
    kind, values, _ = decide("y", array(cells), target=True)
    assert kind.kind == "category" and values.tolist() == cells


def test_the_user_overrules():
    assert decide("zip", array(["01234"]), wanted="number")[1].tolist() == [1234.0]
    assert decide("n", array(["1", "2"]), wanted="category")[1].tolist() == ["1", "2"]
    assert not decide("n", array(["1", "2"]), wanted="ignore")[0].used
    for wanted in ("number", "date", "boolean"):
        with pytest.raises(UserError, match=f"--column n={wanted}: 'red'"):
            decide("n", array(["red"]), wanted=wanted)


def test_odd_cells_are_missing_and_named():
    cells = [str(n) for n in range(100)] + ["unknown"]
    _, values, notes = decide("n", array(cells))
    assert np.isnan(values[-1]) and "'unknown'" in notes[0]
    _, _, notes = decide("n", array(["1", "2", "3", "far"]))
    assert "'far' (row 4) is none" in notes[0]
    _, _, notes = decide("n", array(["12 km", "800 m"]))
    assert "'12 km' (row 1) is in km and '800 m' (row 2) in m" in notes[0]


@pytest.mark.parametrize("seed", range(4))
def test_a_column_that_is_mostly_numbers_is_told_with_a_cell_that_is_none(seed):
    draw = random.Random(seed)
    unit = draw.choice(["", " km", " EUR", "%"])
    cells = [f"{draw.randint(1, 99)}{unit}" for _ in range(draw.randint(8, 15))]
    odd = [f"1O{unit}", "n.v.t.", "about 3"][: draw.randint(1, 3)]
    mixed = [*cells, *odd, *[None] * draw.randint(0, 40)]
    draw.shuffle(mixed)
    kind, _, notes = decide("way", array(mixed))
    assert kind.kind != "number" and len(notes) == 1
    told = re.search(r": '(.+)' \(row (\d+)\) is none", notes[0])
    assert mixed[int(told[2]) - 1] == told[1] in odd
    assert "way=number" in notes[0] and "way=category" in notes[0]


def test_several_units_and_typing_errors_are_told_too():
    _, _, notes = decide("way", array(["12 km", "1O km", "800 m", "n.v.t.", "3 km"]))
    assert "'12 km' (row 1) is in km and '800 m' (row 3) in m" in notes[0]
    assert decide("way", array(["red", "blue", "12 km", "green"]))[2] == []


@pytest.mark.parametrize("cell", ["$1,234.50", "1234.5", "$ 1 234.50", "1.234,50", "1234,5 $"])
def test_later_rows_may_be_written_otherwise(cell):
    kind, _, _ = decide("price", array(["$10.00", "$1,000.00"]))
    assert read(array([cell]), kind)[0].tolist() == [1234.5]


def test_later_rows_in_another_unit_are_missing_and_told():
    entry = columns.EncodedColumn(name="way", kind="number", mean=1.0)
    values, odd = columns.typed(array(["800 m", "3 km"]), entry, ColumnKind("way", "number", "km"))
    assert np.isnan(values[0]) and values[1] == 3
    assert "'800 m' is not a number in km" in odd[0]


def test_dates_become_days_and_turns():
    cells = [f"{2000 + n // 12}-{n % 12 + 1:02}-01" for n in range(60)]
    kind, values, _ = decide("when", array(cells))
    encoding, _ = columns.fit({"when": values}, {"when": kind})
    names = columns.features(encoding)
    assert names[:3] == ["when", "when sine of year", "when cosine of year"]
    encoded = columns.encode({"when": values}, encoding)
    assert encoded.shape == (60, len(names)) and encoded[0, 0] == 10957


def test_the_sentence_names_every_column():
    kinds = [ColumnKind("a", "number", "$"), ColumnKind("z", "id", why="all different")]
    assert described(kinds) == (
        "columns: numbers a in $; left out as ids z (all different) "
        "(--column NAME=KIND takes one for another)"
    )
