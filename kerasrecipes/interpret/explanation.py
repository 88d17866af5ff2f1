"""Explanations of an answer as plain arrays and words; `kerasrecipes.reports.explain` draws
them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class HeatMap:
    """Where in an image a classifier looked.

    Args:
        title: the answer that is explained.
        image: `(height, width, channels)`, uint8, as the model saw it.
        heat: `(height, width)`, from 0 to 1.
    """

    title: str
    image: np.ndarray
    heat: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of a text that the model read as one token.

    Args:
        begin: index of its first character.
        end: index behind its last character.
        importance: how much it speaks for the answer, negative if against; `None` if it was not
            read.
    """

    begin: int
    end: int
    importance: float | None


@dataclass(frozen=True, kw_only=True)
class WordImportance:
    """How much each token of a text speaks for a classifier's answer.

    Args:
        label: the answer that is explained.
        probability: of the answer.
        text: as it was given.
        spans: the tokens, in the order of the text.
    """

    label: str
    probability: float
    text: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """How much each source token weighed for each token of an output sequence.

    Args:
        across: the source's tokens.
        down: the output's tokens and the end token.
        weights: `(down, across)`.
    """

    across: tuple[str, ...]
    down: tuple[str, ...]
    weights: np.ndarray


@dataclass(frozen=True, kw_only=True)
class RegionWeights:
    """How much each region of an image weighed for each word of its caption.

    Args:
        title: the caption.
        image: `(height, width, 3)`, uint8.
        words: of the caption.
        weights: `(words, rows, columns)`.
    """

    title: str
    image: np.ndarray
    words: tuple[str, ...]
    weights: np.ndarray


Explanation = HeatMap | WordImportance | Alignment | RegionWeights
