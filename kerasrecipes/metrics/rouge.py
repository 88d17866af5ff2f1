"""ROUGE: how much of the words, pairs and order of a reference a summary has, and of it the
reference.

The values are those of the package `rouge-score` without stemming, which the tests compare.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"[a-z0-9]+")


def rouge(summary: str, reference: str) -> dict[str, float]:
    """Compute ROUGE-1, ROUGE-2 and ROUGE-L of a summary, as F1.

    Args:
        summary: that was made.
        reference: the right one.

    Returns:
        `rouge1`, `rouge2` and `rougeL`, from 0 to 100.

    Reference:
        [ROUGE](https://aclanthology.org/W04-1013) (Lin, 2004)
    """
    given, right = words_of(summary), words_of(reference)
    return {
        **{f"rouge{n}": 100 * overlap(_runs(given, n), _runs(right, n)) for n in (1, 2)},
        "rougeL": 100 * _f1(longest_common(given, right), len(given), len(right)),
    }


def mean_rouge(summaries: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Compute the mean of each of `rouge` over summaries.

    Args:
        summaries: that were made.
        references: the right one of each.

    Returns:
        The means by name.
    """
    rows = [rouge(*pair) for pair in zip(summaries, references, strict=True)]
    names = ("rouge1", "rouge2", "rougeL")
    return {name: sum(row[name] for row in rows) / max(1, len(rows)) for name in names}


def words_of(text: str) -> list[str]:
    """Return the words of a text, letters and digits in lower case."""
    return _WORD.findall(text.lower())


def overlap(given: Counter, right: Counter) -> float:
    """Return the F1 of what two collections share, from 0 to 1.

    Args:
        given: counts of what was made.
        right: counts of what was to be made.
    """
    return _f1((given & right).total(), given.total(), right.total())


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence.

    Args:
        one: words.
        other: words.

    Reference:
        [Bit-Parallel LCS-Length Computation
        Revisited](https://www.cs.helsinki.fi/group/gsa/) (Hyyrö, 2004)
    """
    places: dict[str, int] = {}
    for place, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << place
    # A bit of `row` is 0 where the subsequence grows by one, for all words of `one` at once.
    row = whole = (1 << len(one)) - 1
    for word in other:
        there = row & places.get(word, 0)
        row = ((row + there) | (row - there)) & whole
    return len(one) - row.bit_count()


def _runs(words: Sequence[str], n: int) -> Counter:
    return Counter(tuple(words[k : k + n]) for k in range(len(words) - n + 1))


def _f1(same: int, given: int, right: int) -> float:
    return 2 * same / (given + right) if given and right else 0.0
