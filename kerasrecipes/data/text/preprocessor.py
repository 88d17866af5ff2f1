"""What preprocessors of text have in common: a tokenizer, and vectors for its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.data.text.word_vectors import of_vocabulary
from kerasrecipes.preprocessing import Preprocessor
from kerasrecipes.recipe import Info


@dataclass(frozen=True, kw_only=True)
class TokenPreprocessor(Preprocessor):
    """Base class of preprocessors with one vocabulary.

    Args:
        tokenizer: of the training texts.
        vectors: GloVe or fastText text file with the initial embeddings of words; `None` without.
    """

    tokenizer: Tokenizer
    vectors: str | None = None

    @property
    def word_vectors(self) -> np.ndarray | None:
        """Pretrained vectors of the vocabulary, `(vocabulary_size, dimension)`; `None` without."""
        if self.vectors is None:
            return None
        return of_vocabulary(self.vectors, self.tokenizer).vectors

    @property
    def notes(self) -> tuple[str, ...]:
        """How many words have a pretrained vector, for the user of a training."""
        return () if self.vectors is None else (of_vocabulary(self.vectors, self.tokenizer).note,)


def vectors_of(info: Info) -> np.ndarray | None:
    """Return the pretrained vectors of a model's vocabulary.

    Args:
        info: metadata of the training.

    Returns:
        `(vocabulary_size, dimension)`, or `None` where the user named no file of them.
    """
    preprocessor = info.preprocessor
    return preprocessor.word_vectors if isinstance(preprocessor, TokenPreprocessor) else None
