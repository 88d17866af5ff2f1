"""Average precision of detections, as COCO and Pascal VOC since 2010 define it.

The numbers are those of pycocotools, without the package, for images of any number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)  # of intersection over union
RECALLS = np.linspace(0, 1, 101)

# Columns of the truth, `(images, objects, 6)`, and of detections, `(images, most, 6)`.
TRUE_CLASS, IGNORED = 4, 5
SCORE, CLASS = 4, 5


@dataclass(frozen=True)
class Matches:
    """Detections of one class in all images, and which of them hit an object.

    Args:
        scores: `(detections,)`, from the highest to the lowest.
        hits: `(thresholds, detections)`, whether each is the best of an object at that overlap.
        ignored: likewise, whether it does not count.
        objects: number of objects that count.
    """

    scores: np.ndarray
    hits: np.ndarray
    ignored: np.ndarray
    objects: int

    def curve(self, threshold: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return recall, precision and score, one after another detection.

        Args:
            threshold: index in the thresholds of overlap.
        """
        counts = ~self.ignored[threshold]
        hits = np.cumsum(self.hits[threshold][counts])
        found = np.arange(1, len(hits) + 1)
        return hits / max(1, self.objects), hits / found, self.scores[counts]

    def precision(self, threshold: int = 0) -> float:
        """Return average precision, the mean of the precision at 101 levels of recall."""
        return float(self.precisions(threshold).mean())

    def precisions(self, threshold: int = 0) -> np.ndarray:
        """Return the precision at 101 levels of recall, `(101,)`: the best that any recall from
        there on has.
        """
        recall, precision, _ = self.curve(threshold)
        best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)
        places = np.searchsorted(recall, RECALLS, side="left")
        return best[np.minimum(places, len(best) - 1)]


def overlaps(boxes: np.ndarray, others: np.ndarray, crowds: np.ndarray) -> np.ndarray:
    """Compute intersection over union of every box with every other.

    Args:
        boxes: `(boxes, 4)`, left, top, right, bottom.
        others: `(others, 4)`.
        crowds: `(others,)`, of which the intersection is divided by the box alone, as a region to
            be ignored may hold many.

    Returns:
        `(boxes, others)`.
    """
    sides = np.minimum(boxes[:, None, 2:], others[None, :, 2:]) - np.maximum(
        boxes[:, None, :2], others[None, :, :2]
    )
    both = np.prod(np.maximum(sides, 0), axis=-1)
    own, area = (np.prod(b[:, 2:] - b[:, :2], axis=-1) for b in (boxes, others))
    union = np.where(crowds[None], own[:, None], own[:, None] + area[None] - both)
    return both / np.maximum(union, 1e-12)


def matches(
    truth: np.ndarray,
    found: np.ndarray,
    index: int,
    thresholds: np.ndarray = THRESHOLDS,
) -> Matches:
    """Match the detections of a class with its objects, image by image.

    Each detection, the most certain first, hits the object that it overlaps most, if that is
    enough and no other has hit it.

    Args:
        truth: `(images, objects, 6)`, of no object with class -1.
        found: `(images, most, 6)`, of no detection with class -1.
        index: of the class.
        thresholds: of intersection over union.

    Returns:
        All detections of the class, and what each hits.
    """
    scores, hits, ignored, objects = [], [], [], 0
    for own, answers in zip(truth, found, strict=True):
        own = own[own[:, TRUE_CLASS] == index].astype(np.float64)
        # Those that count go first, as pycocotools has them.
        own = own[np.argsort(own[:, IGNORED], kind="stable")]
        answers = answers[answers[:, CLASS] == index].astype(np.float64)
        answers = answers[np.argsort(-answers[:, SCORE], kind="stable")]
        objects += int((own[:, IGNORED] == 0).sum())
        hit, without = _matched(own, answers, thresholds)
        scores.append(answers[:, SCORE])
        hits.append(hit)
        ignored.append(without)
    joined = np.concatenate(scores) if scores else np.zeros(0)
    order = np.argsort(-joined, kind="stable")
    nothing = np.zeros((len(thresholds), 0), bool)
    return Matches(
        joined[order],
        np.concatenate([nothing, *hits], axis=1)[:, order],
        np.concatenate([nothing, *ignored], axis=1)[:, order],
        objects,
    )


def _matched(
    own: np.ndarray, answers: np.ndarray, thresholds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return hits and ignored answers of one image, `(thresholds, answers)` each."""
    hit = np.zeros((len(thresholds), len(answers)), bool)
    without = np.zeros_like(hit)
    crowds = own[:, IGNORED] > 0
    shared = overlaps(answers[:, :4], own[:, :4], crowds)
    for row, threshold in enumerate(thresholds):
        taken = np.zeros(len(own), bool)
        for number, overlap in enumerate(shared):
            free = np.where(taken & ~crowds, -1.0, overlap)
            enough = free >= min(threshold, 1 - 1e-10)
            counting = enough & ~crowds
            # A region to be ignored takes what hits nothing else.
            possible = counting if counting.any() else enough
            if not possible.any():
                continue
            # The last of equals, as pycocotools has it.
            candidates = np.where(possible, free, -1.0)
            best = len(own) - 1 - int(candidates[::-1].argmax())
            taken[best] = True
            hit[row, number], without[row, number] = not crowds[best], crowds[best]
    return hit, without


def detection_metrics(truth: Any, found: Any, names: Sequence[str]) -> dict[str, Any]:
    """Compute average precision.

    Args:
        truth: `(images, objects, 6)`.
        found: `(images, most, 6)`, at most 100 of an image.
        names: of the classes.

    Returns:
        `ap50`, at an overlap of one half; `map`, COCO's mean over overlaps from .5 to .95; `ap75`;
        all three means over the classes that have objects; and `by_class`, by name `ap50`, `map`,
        `recall` of all detections, and `objects`. Empty without objects.
    """
    by_class = {}
    strict = int(np.abs(THRESHOLDS - 0.75).argmin())
    for index, name in enumerate(names):
        matched = matches(truth, found, index)
        if not matched.objects:
            continue
        values = [matched.precision(number) for number in range(len(THRESHOLDS))]
        by_class[name] = {
            "ap50": values[0],
            "map": float(np.mean(values)),
            "ap75": values[strict],
            "recall": float(matched.hits[0].sum() / matched.objects),
            "objects": matched.objects,
        }
    if not by_class:
        return {}
    means = {
        name: float(np.mean([row[name] for row in by_class.values()]))
        for name in ("ap50", "map", "ap75")
    }
    return {**means, "by_class": by_class}


def best_threshold(truth: Any, found: Any, classes: int) -> tuple[float, float]:
    """Find the score from which on detections of all classes have the best F1.

    Args:
        truth: `(images, objects, 6)`.
        found: `(images, most, 6)`.
        classes: their number.

    Returns:
        The score, and F1.
    """
    each = [matches(truth, found, index, THRESHOLDS[:1]) for index in range(classes)]
    scores = np.concatenate([one.scores[~one.ignored[0]] for one in each])
    hits = np.concatenate([one.hits[0][~one.ignored[0]] for one in each])
    objects = sum(one.objects for one in each)
    if not len(scores) or not objects:
        return 0.5, 0.0
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(hits[order])
    f1 = 2 * right / (np.arange(1, len(order) + 1) + objects)
    best = int(f1.argmax())
    return float(scores[order][best]), float(f1[best])
