"""Confidence intervals of metrics."""

from __future__ import annotations

import math

NORMAL_95 = 1.959964  # standard deviations of a normal distribution that hold 95 %


def wilson(share: float, count: int, *, deviations: float = NORMAL_95) -> tuple[float, float]:
    """Compute the confidence interval of a share of examples.

    Args:
        share: of the examples, 0 to 1.
        count: number of examples.
        deviations: half its width in standard deviations of a normal distribution; by default that
            of 95 %.

    Returns:
        Wilson's interval, which stays within 0 and 1.

    Reference:
        Probable Inference, the Law of Succession, and Statistical Inference (Wilson, 1927),
        https://doi.org/10.1080/01621459.1927.10502953
    """
    z = deviations**2 / count
    middle = (share + z / 2) / (1 + z)
    half = deviations / (1 + z) * math.sqrt(share * (1 - share) / count + z / (4 * count))
    return max(0.0, middle - half), min(1.0, middle + half)
