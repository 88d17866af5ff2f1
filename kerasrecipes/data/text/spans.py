"""Tagging schemes that mark named spans word by word: IOB1, BIO, BIOES and BILOU."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Begin, inside, end (or last, middle) and single (or unit), before the type.
_MARKED = re.compile(r"[BIELMSU]-.+")


def marks_spans(tags: Iterable[str]) -> bool:
    """Whether tags mark spans: each is `O`, or the letter of a position and a type, as `B-PER`."""
    different = set(tags)
    return bool(different - {"O"}) and all(
        tag == "O" or _MARKED.fullmatch(tag) for tag in different
    )


def in_bio(tags: Sequence[str]) -> list[str]:
    """Convert a sentence's tags to the BIO scheme, in which `B-` begins every span.

    Args:
        tags: in BIO, in IOB1, where only a span right after one of its type has a `B-`, or in BIOES
            or BILOU, which mark a span's end and single words too.

    Returns:
        The tags in BIO, one for each word.
    """
    result: list[str] = []
    inside: str | None = None  # the type of the span that the next word may continue
    for tag in tags:
        position, _, kind = tag.partition("-")
        if tag == "O":
            inside = None
            result.append(tag)
            continue
        begins = position in "BSU" or inside != kind
        result.append(f"{'B' if begins else 'I'}-{kind}")
        inside = None if position in "ESUL" else kind
    return result
