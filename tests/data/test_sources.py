"""Sources: what they all have in common, and the same bits from release to release."""

import zlib

import numpy as np
import pytest

from kerasrecipes import registry
from kerasrecipes.data.ragged import Ragged
from kerasrecipes.recipe import Request

# CRC-32 of all columns of train, validation and test as the release before gave them. Runs that are
# resumed, or evaluated anew, must meet the same examples in the same splits.
EMBEDDED = {
    ("lenet", "digits"): [1407714787, 303391060, 2459352424],
    ("softmax", "iris"): [3430752502, 1535478410, 2696050775],
    ("linear", "diabetes"): [4228148195, 3895842755, 3499883460],
    ("linear", "bmi"): [1956007370, 2176883805, 149743774],
    ("mlp", "spirals"): [2247424432, 2509332216, 2745272539],
    ("transfer", "scenes"): [734954848, 2120919981, 886365807],
    ("sentiment", "reviews"): [4094134097, 3125748307, 2568401244],
    ("attention", "word_order"): [566539190, 949789699, 1262159774],
    ("seq2seq", "dates"): [1854957510, 3039534927, 232888046],
    ("next_word", "agreement"): [929476651, 2906774785, 1424528020],
    ("tagger", "parts_of_speech"): [2486883105, 1381924826, 480927705],
    ("caption", "drawn"): [818545533, 3404836015, 1482489928],
}


def checksum(examples):
    """CRC-32 of everything that the examples hold."""
    found = 0
    for column in examples.take(np.arange(len(examples))):
        leaves = column.values() if isinstance(column, dict) else [column]
        for leaf in leaves:
            if isinstance(leaf, Ragged):
                leaf = leaf.values
            if isinstance(leaf, list) or leaf.dtype.kind in "OU":
                content = repr(list(leaf)).encode()
            else:
                # The last bits of a sine differ from processor to processor.
                content = (leaf.astype(np.float32) if leaf.dtype.kind == "f" else leaf).tobytes()
            found = zlib.crc32(content, found)
    return found


@pytest.mark.parametrize("recipe, name", EMBEDDED)
def test_embedded_data_keep_their_bits(recipe, name):
    splits = registry.load(recipe).data[name].load(Request(seed=3))
    found = [checksum(part) for part in (splits.train, splits.validation, splits.test)]
    assert found == EMBEDDED[recipe, name]
