"""Cutting a functional model in two."""

import numpy as np
import pytest

from kerasrecipes.errors import UserError
from kerasrecipes.models import backbones
from kerasrecipes.models.surgery import boundary, cut
from kerasrecipes.models.transfer import transfer


def test_where_a_base_can_be_divided():
    model = transfer((32, 32, 3), 2, base="mobilenet_v2", weights="none", alpha=0.35)
    assert boundary(model, backbones.last_block(model, "mobilenet_v2")) == "block_15_add"
    with pytest.raises(UserError, match="connected around"):
        cut(model, "block_15_expand")
    low, high = cut(model, "block_15_add")
    images = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    parts = high.predict(low.predict(images, verbose=0), verbose=0)
    np.testing.assert_allclose(parts, model.predict(images, verbose=0), rtol=1e-5)
    assert {id(v) for v in low.variables}.isdisjoint({id(v) for v in high.variables})
