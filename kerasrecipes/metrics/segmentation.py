"""Metrics of masks: intersection over union of each class and its mean, and pixel accuracy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_AT_ONCE = 64  # masks whose pixels are counted together


def confusion(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count pixels by their true and their predicted class.

    Args:
        labels: class indices, `(images, height, width)`; negative ones do not count.
        predicted: class indices, of the same shape.
        classes: number of classes.

    Returns:
        `(classes, classes)`, true by predicted.
    """
    counts = np.zeros(classes * classes, np.int64)
    for start in range(0, len(labels), _AT_ONCE):
        truth = labels[start : start + _AT_ONCE].astype(np.int64)
        found = predicted[start : start + _AT_ONCE]
        there = truth >= 0
        counts += np.bincount(truth[there] * classes + found[there], minlength=classes * classes)
    return counts.reshape(classes, classes)


def mask_metrics(counts: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Compute the metrics of masks.

    Args:
        counts: pixels by true and predicted class, `(classes, classes)`.
        names: of the classes.

    Returns:
        `mean_iou`, the mean over classes that occur or are predicted; `accuracy` of pixels;
        `mean_dice`; and `by_class`, by name `iou`, `precision`, `recall` and `pixels`, the share of
        the labelled ones. Empty where no pixel counts.
    """
    total = counts.sum()
    if not total:
        return {}
    right, true, found = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    union = true + found - right
    there = union > 0
    iou = right / np.maximum(union, 1)
    by_class = {
        name: {
            "iou": float(iou[index]),
            "precision": float(right[index] / max(1, found[index])),
            "recall": float(right[index] / max(1, true[index])),
            "pixels": float(true[index] / total),
        }
        for index, name in enumerate(names)
        if there[index]
    }
    return {
        "mean_iou": float(iou[there].mean()),
        "accuracy": float(right.sum() / total),
        "mean_dice": float((2 * right / np.maximum(true + found, 1))[there].mean()),
        "by_class": by_class,
    }
