"""Loops in the form for export give what the layers' own loops give."""

import keras
import numpy as np
import pytest

from kerasrecipes.layers.recurrent import CELLS
from kerasrecipes.layers.recurrent.attention_rnn import AttendingRNN
from kerasrecipes.layers.recurrent.scan import is_portable, portable_loops


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("seed", range(6))
def test_portable_loops_are_the_layers_loops(cell, seed):
    draw = np.random.default_rng([seed, len(cell)])
    batch, time, features, units = draw.integers(1, 6, 4)
    sequences = bool(draw.integers(2))
    layer = CELLS[cell](
        int(units),
        return_sequences=sequences,
        return_state=bool(draw.integers(2)),
        go_backwards=bool(draw.integers(2)),
        zero_output_for_mask=sequences and bool(draw.integers(2)),
    )
    x = draw.normal(size=(batch, time, features)).astype("float32")
    # With gaps, and rows of which nothing counts.
    mask = None if draw.random() < 0.2 else draw.random((batch, time)) < draw.random()
    own = keras.tree.flatten(layer(x, mask=mask))
    with portable_loops():
        assert is_portable()
        portable = keras.tree.flatten(layer(x, mask=mask))
    assert not is_portable()
    for one, other in zip(own, portable, strict=True):
        np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (one, other)), atol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("score", ["none", "additive", "dot"])
def test_portable_loops_of_decoders_are_theirs(cell, score):
    draw = np.random.default_rng(0)
    layer = AttendingRNN(cell, 5, score)
    state = [draw.normal(size=(3, 5)).astype("float32")] * (2 if cell == "lstm" else 1)
    x = draw.normal(size=(3, 4, 2)).astype("float32")
    memory = draw.normal(size=(3, 6, 5)).astype("float32") if score != "none" else None
    own = layer(x, state, memory)
    with portable_loops():
        portable = layer(x, state, memory)
    for one, other in zip(own, portable, strict=True):
        assert (one is None) == (other is None)
        if one is not None:
            np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (one, other)), atol=1e-5)
