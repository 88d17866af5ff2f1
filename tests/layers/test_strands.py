"""Letters become probabilities, and in training some sequences are read from the other strand."""

import keras
import numpy as np
import pytest

from kerasrecipes.data.dna import bases
from kerasrecipes.errors import UserError
from kerasrecipes.layers.strands import BaseProbabilities, RandomStrand

CODES = np.random.default_rng(0).integers(0, 16, (64, 11)).astype(np.uint8)


def vectors(codes):
    return keras.ops.convert_to_numpy(BaseProbabilities()(keras.ops.convert_to_tensor(codes)))


def test_each_letter_is_shared_among_what_it_may_be():
    found = vectors(CODES)
    np.testing.assert_allclose(found.sum(axis=-1), CODES != bases.OUTSIDE)
    assert ((found > 0) == (CODES[..., None] >> np.arange(4) & 1 > 0)).all()


def test_the_other_strand_is_the_reverse_complement():
    turned = RandomStrand(1.0)(vectors(CODES), training=True)
    np.testing.assert_array_equal(turned, vectors(bases.reverse_complement(CODES)))
    layer = RandomStrand(0.5, seed=1)
    np.testing.assert_array_equal(layer(vectors(CODES)), vectors(CODES))
    drawn = keras.ops.convert_to_numpy(layer(vectors(CODES), training=True))
    same = (drawn == vectors(CODES)).all(axis=(1, 2))
    other = (drawn == vectors(bases.reverse_complement(CODES))).all(axis=(1, 2))
    assert (same | other).all() and 16 < same.sum() < 48
    assert RandomStrand.from_config(layer.get_config()).rate == 0.5


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_a_rate_that_is_no_share_is_refused(rate):
    with pytest.raises(UserError, match="from 0 to 1"):
        RandomStrand(rate)
