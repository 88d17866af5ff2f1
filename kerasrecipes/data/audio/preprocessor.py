"""Sound to the samples that a model takes, and transcripts to symbols and back."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from kerasrecipes.data.ragged import Ragged, padded_length
from kerasrecipes.errors import UserError
from kerasrecipes.preprocessing import Preprocessor

Tokenization = Literal["characters", "words"]
Stride = Literal[1, 2, 4]  # hundredths of a second to a frame for which a symbol is named


@dataclass(frozen=True, kw_only=True)
class SpeechPreprocessor(Preprocessor):
    """Sound to samples of one rate, and transcripts to symbols and back.

    Args:
        sample_rate: samples a second that the model takes.
        symbols: characters or words, in the order of their indices from 1 on; 0 is the blank.
        tokenization: what a symbol is.
        lowercase: whether capitals become small letters.
    """

    kind: ClassVar[str] = "speech"
    inputs: ClassVar[str] = "recordings of speech"

    sample_rate: int
    symbols: tuple[str, ...]
    tokenization: Tokenization = "characters"
    lowercase: bool = True

    @classmethod
    def fit(
        cls,
        transcripts: Sequence[str],
        sample_rate: int,
        tokenization: Tokenization = "characters",
        *,
        lowercase: bool = True,
    ) -> SpeechPreprocessor:
        """Collect the symbols of transcripts.

        Args:
            transcripts: of the training recordings.
            sample_rate: samples a second that the model is to take.
            tokenization: whether a symbol is a character or a word.
            lowercase: whether capitals become small letters.

        Returns:
            The preprocessor.

        Raises:
            UserError: if the transcripts hold no letter.
        """
        texts = [normalized(text, lowercase) for text in transcripts]
        found = {part for text in texts for part in _parts(text, tokenization)}
        if not found - {" "}:
            raise UserError("the transcripts hold neither letters nor digits")
        return cls(
            sample_rate=sample_rate,
            symbols=tuple(sorted(found)),
            tokenization=tokenization,
            lowercase=lowercase,
        )

    @property
    def num_symbols(self) -> int:
        """Number of symbols, the blank included."""
        return len(self.symbols) + 1

    def __call__(self, recordings: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Return the model's inputs.

        Args:
            recordings: `(samples,)` each, at the preprocessor's rate.

        Returns:
            `samples` `(recordings, longest)` float32, filled with silence, and `length`
            `(recordings,)` int32.
        """
        rows = Ragged.of(recordings)
        longest = padded_length(int(rows.lengths.max(initial=1)))
        samples = rows.padded(longest).astype(np.float32, copy=False)
        return {"samples": samples, "length": rows.lengths.astype(np.int32)}

    def text(self, transcript: str) -> str:
        """Write a transcript as the model can: letters and digits, with single spaces."""
        return normalized(transcript, self.lowercase)

    def encode(self, transcript: str) -> np.ndarray | None:
        """Return the indices of a transcript's symbols, int32; `None` where one is unknown."""
        known = {symbol: number for number, symbol in enumerate(self.symbols, start=1)}
        found = [known.get(part, 0) for part in _parts(self.text(transcript), self.tokenization)]
        return np.array(found, np.int32) if all(found) else None

    def decode(self, indices: Sequence[int] | np.ndarray) -> str:
        """Write the text of symbols.

        Args:
            indices: from 1 on.

        Returns:
            Words with single spaces between them.
        """
        between = " " if self.tokenization == "words" else ""
        return " ".join(between.join(self.symbols[index - 1] for index in indices).split())


def normalized(text: str, lowercase: bool = True) -> str:
    """Write a transcript in letters, digits and apostrophes, with single spaces between words.

    Args:
        text: as people wrote it.
        lowercase: whether capitals become small letters.

    Returns:
        The text; empty where nothing of it is said.
    """
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    text = text.lower() if lowercase else text
    # Marks belong to their letters, as in Devanagari, where NFC has no letter for both.
    kept = (sign if sign == "'" or unicodedata.category(sign)[0] in "LNM" else " " for sign in text)
    return " ".join("".join(kept).split())


def _parts(text: str, tokenization: Tokenization) -> Sequence[str]:
    return text.split() if tokenization == "words" else text
