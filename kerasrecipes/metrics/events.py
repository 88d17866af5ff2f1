"""Events in time: how many are found within a tolerance, each counted once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def matched(truth: np.ndarray, found: np.ndarray, tolerance: float) -> int:
    """Count pairs of a true event and a found one that lie within a tolerance.

    Args:
        truth: times of events, in order.
        found: likewise.
        tolerance: largest distance of a pair.

    Returns:
        The largest number of pairs in which each event stands once.
    """
    count = at = 0
    # Of events in order the earliest that fits leaves most to those that follow.
    for time in truth:
        while at < len(found) and found[at] < time - tolerance:
            at += 1
        if at < len(found) and found[at] <= time + tolerance:
            count, at = count + 1, at + 1
    return count


def event_f1(
    truth: Sequence[np.ndarray], found: Sequence[np.ndarray], tolerance: float
) -> dict[str, float]:
    """Compute precision, recall and their harmonic mean over clips.

    Args:
        truth: times of the events of each clip, in order.
        found: likewise.
        tolerance: largest distance of a pair.

    Returns:
        `event_f1`, `event_precision` and `event_recall`, from 0 to 1.
    """
    pairs = sum(matched(a, b, tolerance) for a, b in zip(truth, found, strict=True))
    true, said = sum(map(len, truth)), sum(map(len, found))
    return {
        "event_f1": 2 * pairs / max(1, true + said),
        "event_precision": pairs / max(1, said),
        "event_recall": pairs / max(1, true),
    }
