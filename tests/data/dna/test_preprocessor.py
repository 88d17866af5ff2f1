"""Windows are the middle of a sequence, or have it in their middle."""

import numpy as np
import pytest

from kerasrecipes.data.dna import bases
from kerasrecipes.data.dna.preprocessor import LONGEST, DnaPreprocessor
from kerasrecipes.errors import UserError


@pytest.mark.parametrize("length", [1, 4, 5, 8])
def test_the_middle_is_read(length):
    windows = DnaPreprocessor(length=length)(["ACGTA", "CGTAAC", "G", ""])
    assert windows.shape == (4, length) and windows.dtype == np.uint8
    for text, row in zip(["ACGTA", "CGTAAC", "G"], windows, strict=False):
        found = bases.decode(row)
        assert found in text and len(found) == min(length, len(text))
        # What is missing or left over is about as much on both sides.
        filled = np.flatnonzero(row)
        assert abs(filled[0] - (length - 1 - filled[-1])) <= 1
        cut = text.index(found), len(text) - len(found) - text.index(found)
        assert abs(cut[0] - cut[1]) <= 1


def test_the_length_is_that_of_the_longest_and_bounded():
    assert DnaPreprocessor.fit(["ACG", "AC-GTA"]).length == 5
    assert DnaPreprocessor.fit(["A" * 3000]).length == LONGEST
    assert DnaPreprocessor.fit(["A" * 3000], 7).length == 7
    with pytest.raises(UserError, match="no letters"):
        DnaPreprocessor.fit(["", "-"])


@pytest.mark.parametrize("count", [8, 9, 30])
def test_windows_reach_from_end_to_end(count):
    codes = np.random.default_rng(0).integers(1, 16, count).astype(np.uint8)
    starts, windows = DnaPreprocessor(length=8).windows(codes, 3)
    assert starts[0] == 0 and starts[-1] == count - 8 and (np.diff(starts) <= 3).all()
    assert all((codes[a : a + 8] == row).all() for a, row in zip(starts, windows, strict=True))
