import pytest

from kerasrecipes.metrics.units import unit_of
from kerasrecipes.recipe import Info


@pytest.mark.parametrize(
    ("targets", "facts", "unit"),
    [
        (("price",), {}, "in price"),
        (("price (EUR)",), {}, "EUR"),
        (("area [m²]",), {}, "m²"),
        (("length",), {"target": {"unit": "km"}}, "km"),
        (("a", "b"), {}, None),
        (None, {}, None),
    ],
)
def test_the_unit_of_a_regression(targets, facts, unit):
    assert unit_of("regression", Info(targets=targets, facts=facts)) == unit


def test_classes_have_no_unit():
    assert unit_of("multilabel", Info(targets=("price (EUR)",))) is None
