"""Vocabularies of earlier trainings, which belong to the weights that a training begins with."""

from __future__ import annotations

from typing import Any, TypeVar

from kerasrecipes.data.text.tokenizer import Tokenization
from kerasrecipes.data.text.word_vectors import TokenPreprocessor
from kerasrecipes.errors import UserError

T = TypeVar("T", bound=TokenPreprocessor)


def require(
    earlier: Any, kind: type[T], tokenization: Tokenization, vocabulary_size: int | None
) -> T:
    """Return the preprocessor of an earlier training, if it is what the settings ask for.

    Args:
        earlier: the preprocessor of the run that `weights=` names.
        kind: class of preprocessors that it has to be of.
        tokenization: unit that text is to be split into.
        vocabulary_size: largest size of the vocabulary; `None` for any.

    Raises:
        UserError: if it is of another kind, or has other tokens.
    """
    if not isinstance(earlier, kind):
        raise UserError(
            f"weights= names a run that reads {getattr(earlier, 'inputs', None) or 'no text'} in "
            "another way; give a run of this recipe"
        )
    tokenizer = earlier.tokenizer
    theirs = f"the run that weights= names has a vocabulary of {tokenizer.size:,} {tokenizer.kind}"
    if tokenizer.kind != tokenization:
        raise UserError(f"tokenization={tokenization}: {theirs}; leave tokenization out")
    if vocabulary_size is not None and vocabulary_size < tokenizer.size:
        raise UserError(f"vocabulary_size={vocabulary_size}: {theirs}; leave vocabulary_size out")
    return earlier
