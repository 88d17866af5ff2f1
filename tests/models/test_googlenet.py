"""GoogLeNet, beside what `test_lineage` has."""

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.googlenet import googlenet


def test_it_refuses_more_modules_than_there_are():
    with pytest.raises(UserError, match="at most 2, 5 and 2"):
        googlenet((75, 75, 3), 2, modules=(2, 5))


def test_with_few_modules_it_has_one_auxiliary_head():
    model = googlenet((65, 65, 1), 2, modules=(1, 3, 1), width=0.1)
    assert [layer.name for layer in model.layers if layer.name.endswith("_class")] == [
        "auxiliary_4a_class"
    ]
