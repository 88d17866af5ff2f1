"""A long row of tokens as examples: windows of equal length, each to be continued by one token at
every place.
"""

from __future__ import annotations

import numpy as np

from kerasrecipes.data.examples import Examples


class Windows(Examples):
    """Contiguous stretches of a row of tokens; what is to be predicted is the same stretch, one
    token later.

    Args:
        tokens: `(tokens,)`, the numbers of all tokens in a row.
        length: tokens of a window; a shorter row is one window of what there is.
        starts: where the windows begin; by default one after another.

    Attributes:
        length: tokens of a window.
    """

    def __init__(self, tokens: np.ndarray, length: int, starts: np.ndarray | None = None):
        self.tokens = np.asarray(tokens, np.int32)
        self.length = max(1, min(length, len(self.tokens) - 1))
        every = np.arange(0, max(0, len(self.tokens) - self.length), self.length)
        self.starts = every if starts is None else np.asarray(starts)

    @property
    def signature(self) -> tuple[tuple[tuple[int | None, ...], np.dtype], ...]:
        """The shape and the kind of inputs and labels of a batch."""
        return (((None, self.length), self.tokens.dtype),) * 2

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give the windows with these numbers and what follows at each place, `(windows, length)`
        each.
        """
        places = self.starts[numbers][:, None] + np.arange(self.length + 1)
        rows = self.tokens[places]  # (windows, length + 1)
        return rows[:, :-1], rows[:, 1:]

    def select(self, numbers: np.ndarray) -> Windows:
        """Make a collection of only the windows with these numbers."""
        return Windows(self.tokens, self.length, self.starts[numbers])
