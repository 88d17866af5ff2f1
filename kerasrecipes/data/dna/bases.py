"""Letters of DNA as numbers: a bit for each of A, C, G and T, so that an ambiguous letter of the
IUPAC's is the sum of what it may stand for, and the complement swaps bits.

Reference:
    [Nomenclature for Incompletely Specified Bases in Nucleic Acid
    Sequences](https://doi.org/10.1093/nar/13.9.3021) (Cornish-Bowden, 1985)
"""

from __future__ import annotations

import numpy as np

from kerasrecipes.errors import UserError, excerpt

BASES = "ACGT"
OUTSIDE = 0  # of a place before or after a sequence
# By the number of each, of which the bits 1, 2, 4 and 8 are A, C, G and T.
LETTERS = " ACMGRSVTWYHKDBN"
NUM_CODES = len(LETTERS)

_GAPS = b" \t\r\n-."  # of alignments and of lines
_UNKNOWN, _GAP = 255, 254
_CODES = np.full(256, _UNKNOWN, np.uint8)
_CODES[list(_GAPS)] = _GAP
for _code, _letter in enumerate(LETTERS):
    if _code:
        _CODES[[ord(_letter), ord(_letter.lower())]] = _code
_CODES[[ord("U"), ord("u")]] = _CODES[ord("T")]
_COMPLEMENTS = np.array(
    [sum(8 >> bit for bit in range(4) if code >> bit & 1) for code in range(NUM_CODES)], np.uint8
)


def encode(sequence: str) -> np.ndarray:
    """Return the number of each letter.

    Args:
        sequence: letters of the IUPAC's, large or small; U is T; white space and the gaps of
            alignments are left out.

    Returns:
        `(bases,)` uint8, from 1 to 15.

    Raises:
        UserError: at a letter that does not exist.
    """
    # What is not Latin becomes a question mark, which is no letter either.
    codes = _CODES[np.frombuffer(sequence.encode("latin-1", "replace"), np.uint8)]
    wrong = np.flatnonzero(codes == _UNKNOWN)
    if len(wrong):
        place = int(wrong[0])
        raise UserError(
            f"'{excerpt(sequence[place])}' at place {place + 1} is no letter of DNA; there are "
            "A, C, G, T (or U), N for any, and R Y S W K M B D H V for some of them"
        )
    return codes[codes != _GAP]


def decode(codes: np.ndarray) -> str:
    """Return the letters of a sequence; places outside are left out.

    Args:
        codes: `(bases,)`, from 0 to 15.
    """
    return "".join(LETTERS[code] for code in codes if code != OUTSIDE)


def reverse_complement(codes: np.ndarray) -> np.ndarray:
    """Return the other strand, as it is read.

    Args:
        codes: `(…, bases)`, from 0 to 15.
    """
    return _COMPLEMENTS[codes[..., ::-1]]
