"""Counted neighbours: how probable a token is by the token before and the one after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kerasrecipes.data.text.wordpieces import MASK


@dataclass(frozen=True)
class Neighbours:
    """Counts of pairs of tokens, the baseline of what tells hidden words.

    Args:
        single: `(vocabulary,)`, share of each token, none of them zero but of the specials.
        pairs: sparse `(vocabulary, vocabulary)`, how often one token followed another, by rows.
        columns: the same by columns.
        before: `(vocabulary,)`, how often each token was followed by any.
    """

    single: np.ndarray
    pairs: Any
    columns: Any
    before: np.ndarray

    @classmethod
    def count(cls, windows: np.ndarray, size: int) -> Neighbours:
        """Count the pairs of a text.

        Args:
            windows: `(windows, length)`, token ids.
            size: size of the vocabulary.

        Returns:
            The counts.
        """
        from scipy import sparse

        first, second = windows[:, :-1].ravel(), windows[:, 1:].ravel()
        pairs = sparse.coo_matrix(
            (np.ones(len(first), np.float32), (first, second)), (size, size)
        ).tocsr()
        single = np.bincount(windows.ravel(), minlength=size) + 1.0
        single[: MASK + 1] = 0  # no special token is ever hidden
        before = np.asarray(pairs.sum(axis=1)).ravel()
        return cls(single / single.sum(), pairs, pairs.tocsc(), before)

    def probabilities(self, left: int, right: int) -> np.ndarray:
        """Compute the probability of each token between two others.

        A neighbour that is hidden itself tells nothing.

        Args:
            left: the token before.
            right: the token after.

        Returns:
            `(vocabulary,)`.
        """
        found = self.single.copy()
        if left != MASK:
            # Counts are smoothed by shares of single tokens, which weigh as one count.
            follows = np.asarray(self.pairs[left].todense()).ravel() + self.single
            found = follows / (self.before[left] + 1)
            found[: MASK + 1] = 0
        if right != MASK:
            share = max(self.single[right], 1e-6)
            leads = np.asarray(self.columns[:, right].todense()).ravel() + share
            found = found * leads / (self.before + 1)
        return found / found.sum()
