"""Sentences of a text, by punctuation, capitals and line ends."""

from __future__ import annotations

import re

# A full stop or its like, with closing quotes, then a space and what a sentence begins with.
_END = re.compile(r"""(?<=[.!?…])(["'”’)\]]*)\s+(?=["'“‘(\[]*[A-Z0-9À-Þ£$€])""")
# What a full stop stands behind without ending a sentence.
_ABBREVIATED = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|Sen|Gen|Lt|Col|Jr|Sr|vs|No|Inc|Ltd|Co|Corp|etc|e\.g|i\.e)|\b[A-Z])\.$"
)


def sentences_of(text: str) -> list[str]:
    """Divide a text into sentences; a line's end is a sentence's end too.

    Args:
        text: of any length.

    Returns:
        The sentences with single spaces, none of them empty.
    """
    found: list[str] = []
    for line in text.splitlines():
        begin = 0
        for match in _END.finditer(line):
            if _ABBREVIATED.search(line[begin : match.start()]):
                continue
            found.append(line[begin : match.end()])
            begin = match.end()
        found.append(line[begin:])
    return [short for sentence in found if (short := " ".join(sentence.split()))]
