"""Rows of the user's own file, divided by the roles of its columns."""

import itertools

import pytest

from kerasrecipes.data import tables
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Request


@pytest.mark.parametrize(
    ("target", "weight"), itertools.product(["1", "count"], ["1", "count"]), ids="-".join
)
def test_one_column_cannot_be_target_and_weight_however_it_is_named(target, weight, tmp_path):
    rows = [f"{number % 7 + 1},{number / 3}" for number in range(60)]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["count,size", *rows]))
    options = {"target": target, "column": {"weight": weight}}
    with pytest.raises(UserError, match="'count' cannot be both the target and the weight"):
        tables.csv().load(Request(path=str(path), options=options))
