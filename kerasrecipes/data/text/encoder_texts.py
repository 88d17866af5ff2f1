"""Texts as a pretrained encoder reads them: word pieces between a start and an end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from kerasrecipes.data.text.classification_encoding import (
    MOSTLY,
    TextPreprocessor,
    kept_positions,
)
from kerasrecipes.data.text.tokenizer import END, START, UNKNOWN


@dataclass(frozen=True, kw_only=True)
class EncoderTextPreprocessor(TextPreprocessor):
    """Text to the token ids of a pretrained encoder.

    Args:
        tokenizer: the encoder's word pieces.
        weights: the folder that the encoder was read from.
    """

    kind: ClassVar[str] = "encoder_text"

    weights: str = ""

    def rows(self, texts: Iterable[str]) -> Iterator[np.ndarray]:
        """Iterate over the token ids of each text, `(tokens,)`, with start and end, truncated to
        `max_length`.
        """
        for row in self.tokenizer.encoded(texts):
            kept = row[kept_positions(len(row), self.max_length - 2)]
            yield np.concatenate([[START], kept, [END]]).astype(np.int32)

    def kept_positions(self, count: int) -> list[int]:
        """Positions of the tokens that the model reads of a text of `count` tokens; the start
        stands at none, -1.
        """
        return [-1, *kept_positions(count, self.max_length - 2)]

    def doubts(self, text: str) -> list[str]:
        """Return sentences for the user on what makes the prediction for a text doubtful."""
        row = self.tokenizer.encode([text])[0]
        if not len(row):
            return ["the text is empty"]
        unknown = float(np.mean(row == UNKNOWN))
        notes = [f"the encoder does not know {unknown:.0%} of it"] if unknown > MOSTLY else []
        if len(row) > self.max_length - 2:
            notes.append(
                f"of its {len(row):,} tokens {self.max_length - 2:,} were read, "
                "from the beginning and the end"
            )
        return notes
