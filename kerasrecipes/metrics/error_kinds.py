"""What kind of mistake each detection is: of another class, not exact, a second one, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from kerasrecipes.metrics.detection import CLASS, IGNORED, SCORE, TRUE_CLASS, overlaps

KINDS = ("hit", "missed", "not exact", "second of an object", "another class", "nothing there")
ENOUGH = 0.5  # overlap of a hit
NEAR = 0.1  # overlap from which a detection is about an object


@dataclass(frozen=True)
class Hits:
    """Detections of an image from a score on, and its objects.

    Args:
        objects: `(objects, 6)`, those that count.
        detections: `(detections, 6)`, the best first, without those of regions to be ignored.
        right: `(detections,)`, whether each hits an object of its class.
        missed: `(objects,)`, whether no detection hits it.
    """

    objects: np.ndarray
    detections: np.ndarray
    right: np.ndarray
    missed: np.ndarray


def hits_of(truth: np.ndarray, found: np.ndarray, threshold: float) -> Hits:
    """Match an image's detections from a score on with its objects.

    Args:
        truth: `(objects, 6)`, of no object with class -1.
        found: `(most, 6)`.
        threshold: least score.

    Returns:
        What hits, and what is missed.
    """
    real = truth[truth[:, TRUE_CLASS] >= 0]
    objects, regions = real[real[:, IGNORED] == 0], real[real[:, IGNORED] > 0]
    rows = found[(found[:, CLASS] >= 0) & (found[:, SCORE] >= threshold)]
    rows = rows[np.argsort(-rows[:, SCORE], kind="stable")]
    shared = overlaps(rows[:, :4], objects[:, :4], np.zeros(len(objects), bool))
    shared = np.where(rows[:, CLASS, None] == objects[None, :, TRUE_CLASS], shared, 0)
    right, hit = np.zeros(len(rows), bool), np.zeros(len(objects), bool)
    for number, overlap in enumerate(shared):
        free = np.where(hit, 0, overlap)
        if len(free) and free.max() >= ENOUGH:
            right[number] = hit[free.argmax()] = True
    if len(regions):
        within = overlaps(rows[:, :4], regions[:, :4], np.ones(len(regions), bool))
        within = np.where(rows[:, CLASS, None] == regions[None, :, TRUE_CLASS], within, 0)
        counts = right | (within.max(axis=1) < ENOUGH)
        rows, right = rows[counts], right[counts]
    return Hits(objects, rows, right, ~hit)


def error_kinds(
    pairs: Iterable[tuple[np.ndarray, np.ndarray]], threshold: float, classes: int
) -> np.ndarray:
    """Count hits, missed objects and each kind of false alarm.

    Args:
        pairs: truth and detections of each image.
        threshold: least score of a detection.
        classes: number of classes.

    Returns:
        `(classes, 6)`, in the order of `KINDS`; false alarms by the class that they say.

    Reference:
        [TIDE: A General Toolbox for Identifying Object Detection
        Errors](https://arxiv.org/abs/2008.08115) (Bolya et al., 2020)
    """
    counts = np.zeros((classes, len(KINDS)), int)
    for truth, found in pairs:
        one = hits_of(truth, found, threshold)
        for row in one.detections[one.right]:
            counts[int(row[CLASS]), 0] += 1
        for row in one.objects[one.missed]:
            counts[int(row[TRUE_CLASS]), 1] += 1
        for row in one.detections[~one.right]:
            counts[int(row[CLASS]), _kind(row, one.objects)] += 1
    return counts


def _kind(row: np.ndarray, objects: np.ndarray) -> int:
    """Return which kind of false alarm a detection is."""
    shared = overlaps(row[None, :4], objects[:, :4], np.zeros(len(objects), bool))[0]
    same = objects[:, TRUE_CLASS] == row[CLASS]
    own, other = shared[same].max(initial=0), shared[~same].max(initial=0)
    if own >= ENOUGH:
        return KINDS.index("second of an object")
    if other >= ENOUGH:
        return KINDS.index("another class")
    return KINDS.index("not exact" if own >= NEAR else "nothing there")
