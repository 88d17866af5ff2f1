import pytest

from kerasrecipes.info import Info, TargetScale
from kerasrecipes.metrics.units import unit_of


@pytest.mark.parametrize(
    ("targets", "cells", "unit"),
    [
        (("price",), "", "in price"),
        (("price (EUR)",), "", "EUR"),
        (("area [m²]",), "", "m²"),
        (("length",), "km", "km"),
        (("a", "b"), "", None),
        (None, "", None),
    ],
)
def test_the_unit_of_a_regression(targets, cells, unit):
    scale = TargetScale(mean=(1.0,), scale=(2.0,), unit=cells)
    assert unit_of("regression", Info(targets=targets, target=scale)) == unit


def test_classes_have_no_unit():
    assert unit_of("multilabel", Info(targets=("price (EUR)",))) is None
