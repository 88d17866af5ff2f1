"""Exact match: which texts equal one of their references once both are normalized."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def caption_words(text: str) -> list[str]:
    """Split a caption into lower-case words without punctuation, as captions are compared."""
    return re.findall(r"\w+(?:['’]\w+)*", text.lower())


def without_spaces(text: str, lowercase: bool = False) -> str:
    """Return a text without white space, since tokenizers differ in where they put it.

    Args:
        text: any.
        lowercase: whether upper and lower case count as the same.
    """
    text = "".join(text.split())
    return text.lower() if lowercase else text


def exact_matches(
    texts: Sequence[str], references: Sequence[Sequence[str]], normalize: Callable[[str], Any] = str
) -> np.ndarray:
    """Find the texts that equal one of their references.

    Args:
        texts: that a model wrote.
        references: of each text, all that are right.
        normalize: what is compared of a text.

    Returns:
        `(texts,)`, booleans.
    """
    pairs = zip(texts, references, strict=True)
    return np.array(
        [normalize(text) in [normalize(other) for other in some] for text, some in pairs], bool
    )
