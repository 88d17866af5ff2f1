"""Sequences of DNA to the numbers that a model takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kerasrecipes.data.dna import bases
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor

LONGEST = 1000  # letters of a window, where no length is asked for


@dataclass(frozen=True, kw_only=True)
class DnaPreprocessor(Preprocessor):
    """Sequences of letters to windows of numbers.

    Args:
        length: letters of a window.
    """

    kind: ClassVar[str] = "dna"
    inputs: ClassVar[str] = "sequences of DNA"

    length: int

    @classmethod
    def fit(cls, sequences: Iterable[str], length: int | None = None) -> DnaPreprocessor:
        """Choose the length of a window.

        Args:
            sequences: of the training.
            length: letters of a window; by default those of the longest sequence, at most 1,000.

        Returns:
            The preprocessor.

        Raises:
            UserError: if no sequence has a letter.
        """
        longest = max((len(bases.encode(text)) for text in sequences), default=0)
        if not longest:
            raise UserError("the training sequences have no letters")
        return cls(length=length or min(LONGEST, longest))

    def __call__(self, sequences: Sequence[str]) -> np.ndarray:
        """Return the middle of each sequence.

        Args:
            sequences: letters; of a longer one both ends are cut off, a shorter one stands in the
                middle of its window.

        Returns:
            `(sequences, length)` uint8, numbers of `kerasrecipes.data.dna.bases`.

        Raises:
            UserError: at a letter that does not exist.
        """
        found = np.zeros((len(sequences), self.length), np.uint8)
        for row, text in zip(found, sequences, strict=True):
            codes = bases.encode(text)
            more = len(codes) - self.length
            if more >= 0:
                row[:] = codes[more // 2 : more // 2 + self.length]
            else:
                row[-more // 2 : -more // 2 + len(codes)] = codes
        return found

    def windows(self, codes: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Return windows along a sequence.

        Args:
            codes: `(bases,)`, at least as many as a window has.
            step: letters from a window to the next.

        Returns:
            Where each begins, `(windows,)`, the last at the end of the sequence; and the windows,
            `(windows, length)`.
        """
        last = len(codes) - self.length
        starts = np.unique(np.append(np.arange(0, last + 1, step), last))
        return starts, codes[starts[:, None] + np.arange(self.length)]

    def decode(self, codes: np.ndarray) -> str:
        """Return the letters of a window, without places outside of the sequence."""
        return bases.decode(codes)
