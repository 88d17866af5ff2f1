"""Width of a network: its numbers of filters and units times a factor."""

from __future__ import annotations


def scaled(count: int, width: float) -> int:
    """Return a number of filters or units times the width.

    Args:
        count: as a paper has it.
        width: the factor.

    Returns:
        The product, rounded, at least 1.
    """
    return max(1, round(count * width))
