"""Letters of DNA are sums of bits, and the other strand swaps them."""

import numpy as np
import pytest

from kerasrecipes.data.dna import bases
from kerasrecipes.errors import UserError

# What each ambiguous letter may stand for, from the IUPAC's table.
MEANINGS = {
    **{"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"},
}
COMPLEMENTS = dict(zip("ACGTRYSWKMBDHVN", "TGCAYRSWMKVHDBN", strict=True))


def test_an_ambiguous_letter_is_the_sum_of_what_it_may_be():
    for letter, meaning in MEANINGS.items():
        assert bases.encode(letter)[0] == sum(bases.encode(meaning).tolist())


def test_letters_survive_and_both_strands_are_one(seed=0):
    random = np.random.default_rng(seed)
    for length in (0, 1, 2, 33):
        text = "".join(random.choice(list(COMPLEMENTS), length))
        codes = bases.encode(text)
        assert bases.decode(codes) == text
        other = bases.decode(bases.reverse_complement(codes))
        assert other == "".join(COMPLEMENTS[letter] for letter in reversed(text))
        assert (bases.reverse_complement(bases.reverse_complement(codes)) == codes).all()


def test_small_letters_rna_gaps_and_spaces_are_read():
    assert bases.decode(bases.encode(" acgu-\n.T ")) == "ACGTT"


@pytest.mark.parametrize(("text", "place"), [("ACGTX", 5), ("E", 1), ("AC?G", 3), ("AC中", 3)])
def test_an_unknown_letter_is_named_with_its_place(text, place):
    with pytest.raises(UserError, match=rf"at place {place} is no letter of DNA"):
        bases.encode(text)
