"""Names of several words: the schemes that mark them word by word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# Begin, inside, end (or last, middle) and single (or unit), before the type.
_MARKED = re.compile(r"[BIELMSU]-.+")


def marks_spans(tags: Iterable[str]) -> bool:
    """Tell whether tags mark spans: each is `O`, or a letter for a word's place in its span before
    the type.
    """
    different = set(tags)
    return bool(different - {"O"}) and all(
        tag == "O" or _MARKED.fullmatch(tag) for tag in different
    )


def in_bio(tags: Sequence[str]) -> list[str]:
    """Bring a sentence's tags to the BIO scheme, in which `B-` begins every span.

    Args:
        tags: in BIO, in IOB1, where only a span right after one of its type has a `B-`, or in BIOES
            or BILOU, which mark its end and single words too.
    """
    result, inside = [], None
    for tag in tags:
        place, _, kind = tag.partition("-")
        if tag == "O":
            inside = None
            result.append(tag)
            continue
        begins = place in "BSU" or inside != kind
        result.append(f"{'B' if begins else 'I'}-{kind}")
        inside = None if place in "ESUL" else kind
    return result
