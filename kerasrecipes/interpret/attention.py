"""Attention weights of tokens put together to words, whatever the tokenizer cut."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kerasrecipes.data.text.tokenizer import Tokenizer
from kerasrecipes.interpret.explanation import Alignment

END = "(end)"


def word_alignment(
    weights: np.ndarray,
    source: tuple[Tokenizer, Sequence[int] | np.ndarray],
    target: tuple[Tokenizer, Sequence[int] | np.ndarray],
) -> Alignment:
    """Sum the attention weights of tokens to those of words.

    A word's weight is the sum over its source tokens and the mean over its target tokens, so that
    each row still sums to 1.

    Args:
        weights: `(target tokens + 1, source tokens)`; the last row is the end token's.
        source: its tokenizer, and token ids.
        target: its tokenizer, and token ids without start and end.

    Returns:
        The weights by word.
    """
    across, columns = zip(*words(*source), strict=True)
    said = words(*target)
    rows = [*(indices for _, indices in said), [len(target[1])]]
    # Sums across, means down: each row of weights is a distribution over the source.
    summed = np.stack([weights[:, indices].sum(axis=1) for indices in columns], axis=1)
    return Alignment(
        across=across,
        down=(*(word for word, _ in said), END),
        weights=np.stack([summed[indices].mean(axis=0) for indices in rows]),
    )


def words(tokenizer: Tokenizer, ids: Sequence[int] | np.ndarray) -> list[tuple[str, list[int]]]:
    """Group tokens to words.

    Args:
        tokenizer: which cut the text.
        ids: token ids, in order.

    Returns:
        Each word, and the indices of its tokens.
    """
    groups: list[list[int]] = []
    for index, token_id in enumerate(ids):
        # A subword that begins a word brings the space before it.
        begins = tokenizer.kind != "subwords" or tokenizer.token(int(token_id)).startswith(" ")
        # The first token begins a word even where no space is before it.
        if begins or not groups:
            groups.append([])
        groups[-1].append(index)
    array = np.asarray(ids)
    return [(tokenizer.decode(array[group], unknown="?") or " ", group) for group in groups]
