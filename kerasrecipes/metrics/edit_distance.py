"""Edit distance of sequences, and the error rates of recognised speech.

Word and character error rate are counted as [jiwer](https://github.com/jitsi/jiwer) counts them:
insertions, deletions and substitutions of all texts, divided by the words, or characters, of all
references.

Reference:
    [The String-to-String Correction Problem](https://doi.org/10.1145/321796.321811) (Wagner and
    Fischer, 1974)
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

Pair = tuple[
    Any, Any
]  # an entry of the reference and one of the answer, `None` where there is none


def edit_distance(reference: Sequence[Hashable], answer: Sequence[Hashable]) -> int:
    """Count the fewest insertions, deletions and substitutions between two sequences.

    Args:
        reference: what is right.
        answer: what is compared with it.

    Returns:
        At most the length of the longer one.
    """
    return int(_distances(reference, answer)[-1, -1])


def aligned(reference: Sequence[Hashable], answer: Sequence[Hashable]) -> list[Pair]:
    """Align two sequences by their fewest edits.

    Args:
        reference: what is right.
        answer: what is compared with it.

    Returns:
        Pairs of equal or substituted entries; `(entry, None)` for a deletion and `(None, entry)`
        for an insertion, in order.
    """
    table = _distances(reference, answer)
    row, column = len(reference), len(answer)
    found: list[Pair] = []
    while row or column:
        here = table[row, column]
        if row and column:
            same = reference[row - 1] == answer[column - 1]
            if table[row - 1, column - 1] + (not same) == here:
                row, column = row - 1, column - 1
                found.append((reference[row], answer[column]))
                continue
        if row and table[row - 1, column] + 1 == here:
            row -= 1
            found.append((reference[row], None))
        else:
            column -= 1
            found.append((None, answer[column]))
    return found[::-1]


def error_rate(
    references: Sequence[Sequence[Hashable]], answers: Sequence[Sequence[Hashable]]
) -> float:
    """Compute the edits of all answers, divided by the entries of all references.

    Args:
        references: what is right, one for each answer.
        answers: what is compared with them.

    Returns:
        From 0 on; above 1 where much is inserted. Without any entry in the references 0 if nothing
        was answered either, else infinite.
    """
    edits = sum(map(edit_distance, references, answers))
    entries = sum(map(len, references))
    return edits / entries if entries else float("inf") if edits else 0.0


def word_error_rate(references: Sequence[str], answers: Sequence[str]) -> float:
    """Compute the error rate of words, which spaces divide.

    Args:
        references: texts that are right.
        answers: texts that are compared with them.

    Returns:
        See `error_rate`.
    """
    return error_rate([text.split() for text in references], [text.split() for text in answers])


def character_error_rate(references: Sequence[str], answers: Sequence[str]) -> float:
    """Compute the error rate of characters, spaces between words included.

    Args:
        references: texts that are right.
        answers: texts that are compared with them.

    Returns:
        See `error_rate`.
    """
    return error_rate(references, answers)


def _distances(reference: Sequence[Hashable], answer: Sequence[Hashable]) -> np.ndarray:
    """Fill the table of distances of all beginnings, `(reference + 1, answer + 1)`."""
    numbers: dict[Hashable, int] = {}
    left, right = (
        np.array([numbers.setdefault(entry, len(numbers)) for entry in row], np.int64)
        for row in (reference, answer)
    )
    places = np.arange(len(right) + 1)
    table = np.empty((len(left) + 1, len(right) + 1), np.int64)
    table[0] = places
    for row, entry in enumerate(left, start=1):
        best = table[row - 1] + 1  # a deletion
        best[1:] = np.minimum(best[1:], table[row - 1, :-1] + (right != entry))
        # An insertion costs one for each place: the least of what stands before, moved along.
        table[row] = np.minimum.accumulate(best - places) + places
    return table
