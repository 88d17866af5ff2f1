"""A gated block looks at this step and one before it, and at nothing else."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.gated_block import GatedBlock


@pytest.mark.parametrize("dilation", [1, 4, 32])
def test_what_goes_out_depends_on_two_steps(dilation):
    keras.utils.set_random_seed(0)
    block = GatedBlock(3, dilation)
    random = np.random.default_rng(0)
    x, told = random.normal(size=(1, 20, 5)).astype("float32"), np.ones((1, 2), "float32")
    before = [keras.ops.convert_to_numpy(part) for part in block([x, told])]
    assert before[0].shape == x.shape and before[1].shape == (1, 20, 3)
    for place in (0, 7, 19):
        other = x.copy()
        other[0, place] += 1
        after = [keras.ops.convert_to_numpy(part) for part in block([other, told])]
        changed = np.flatnonzero((before[1] != after[1]).any(axis=(0, 2)))
        assert changed.tolist() == [p for p in (place, place + dilation) if p < 20]
    assert GatedBlock.from_config(block.get_config()).dilation == dilation
