"""Sequences that are nearly the same, to be kept on one side of a split.

Overlapping windows of one gene, repeats and copies share long stretches. A random split puts them
on both sides, and a network that remembers them looks better than it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasrecipes.data.dna.bases import encode
from kerasrecipes.data.ragged import Ragged

WORD = 12  # letters of a word; two sequences of a few hundred letters share one rarely by chance
# Of the words of the shorter one. Where one letter of ten differs, 0.9**12 = 0.28 of them are left
# in the mean, and of short sequences sometimes half as many.
SHARED = 0.12
_MOST_WORDS = 20_000_000  # that are looked at; of more a part that is drawn by their numbers
_MOST_FREQUENT = 100  # sequences; a word that more have is a repeat, and tells of no kinship


def groups(sequences: Sequence[str]) -> np.ndarray:
    """Group sequences that share an eighth of their words, on either strand, directly or by others.

    Args:
        sequences: letters of DNA.

    Returns:
        `(sequences,)`, the number of each one's group.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    different, place = np.unique(np.asarray(sequences, object), return_inverse=True)
    rows, words = _words(Ragged.of(encode(text) for text in different))
    counts = np.bincount(rows, minlength=len(different))
    _, word, frequency = np.unique(words, return_inverse=True, return_counts=True)
    told = (frequency > 1) & (frequency <= _MOST_FREQUENT)
    kept = told[word]
    shape = (len(different), len(frequency))
    table = csr_matrix((np.ones(kept.sum(), np.int32), (rows[kept], word[kept])), shape=shape)
    shared = (table @ table.T).tocoo()
    least = np.minimum(counts[shared.row], counts[shared.col])
    alike = shared.data >= np.maximum(1, SHARED * least)
    pairs = (np.ones(alike.sum(), bool), (shared.row[alike], shared.col[alike]))
    graph = csr_matrix(pairs, shape=(len(different), len(different)))
    return connected_components(graph, directed=False)[1][place.reshape(-1)]


def _words(rows: Ragged) -> tuple[np.ndarray, np.ndarray]:
    """Return the different words of each sequence: `(words,)`, the sequence and the word's number,
    which is the same on both strands.
    """
    # 0 to 3 for A, C, G and T, and 4 for what may be several of them.
    base = np.full(16, 4, np.int64)
    base[[1, 2, 4, 8]] = np.arange(4)
    letters = base[rows.values]
    count = max(0, len(letters) - WORD + 1)
    forward, backward = np.zeros(count, np.int64), np.zeros(count, np.int64)
    clear = np.ones(count, bool)
    for step in range(WORD):
        letter = letters[step : step + count]
        clear &= letter < 4
        forward = 4 * forward + letter
        backward += (3 - letter) * 4**step
    owner = np.repeat(np.arange(len(rows)), rows.lengths)[:count]
    # A word that reaches into the next sequence is none.
    clear &= np.arange(count) + WORD <= rows.offsets[owner + 1]
    words = np.minimum(forward, backward)
    part = -(-len(words) // _MOST_WORDS)
    if part > 1:
        # By a mixed number, for runs of one letter have the smallest.
        clear &= words * 0x9E3779B1 % 2**32 % part == 0
    pairs = np.unique(np.stack([owner[clear], words[clear]], axis=1), axis=0)
    return pairs[:, 0], pairs[:, 1]
