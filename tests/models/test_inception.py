"""Inception v3, beside what `test_lineage` has."""

import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models.inception import inception_v3


def test_it_refuses_more_modules_than_there_are():
    with pytest.raises(UserError, match="at most 3, 4 and 2"):
        inception_v3((75, 75, 3), 2, modules=(3, 5, 2))
