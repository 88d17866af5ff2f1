"""Word lists of generated data, written as running text."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in order."""
    return tuple(text.split())


def dictionary(text: str) -> dict[str, str]:
    """Return the dictionary of a text of `word:translation` pairs."""
    return dict(pair.split(":") for pair in text.split())
