"""The probe: a few examples at which gradients and activations are measured, and facts about the labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kerasrecipes.errors import UserError

# Rows that are read for the facts about the labels, and numbers that one probe may hold in all.
MOST_ROWS = 10_000
MOST_NUMBERS = 4_000_000
FEWEST_EXAMPLES = 32


@dataclass(frozen=True)
class Probe:
    """Examples to measure at, as NumPy arrays.

    Attributes:
        x: inputs, in the structure that the model takes.
        y: targets, in the structure that the loss takes.
        weight: sample weights, or None.
        labels: what the targets are like over all rows that were given; JSON-able.
    """

    x: Any
    y: Any
    weight: Any = None
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def examples(self) -> int:
        """The number of examples."""
        return len(keras.tree.flatten(self.x)[0])

    @classmethod
    def of(cls, batch: Any, examples: int = 256) -> Probe:
        """Choose examples evenly spaced from a batch or from a whole training set.

        Args:
            batch: `(x, y)` or `(x, y, weight)`; each an array or a structure of arrays, examples first.
            examples: how many to choose at most; fewer where single examples are large.

        Raises:
            UserError: if the batch is not such a tuple, or its parts differ in length.
        """
        if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
            raise UserError(f"probe is (x, y) or (x, y, weight), but got {type(batch).__name__}")
        arrays = keras.tree.map_structure(np.asarray, tuple(batch))
        lengths = {len(array) for array in keras.tree.flatten(arrays) if array.ndim}
        if len(lengths) != 1:
            raise UserError(f"probe's x, y and weight have one length, but got {sorted(lengths)}")
        rows = _spread(lengths.pop(), _affordable(arrays[0], examples))
        x, y, *weight = keras.tree.map_structure(lambda array: array[rows], arrays)
        return cls(x, y, weight[0] if weight else None, describe_labels(arrays[1]))


def _affordable(x: Any, examples: int) -> int:
    numbers = sum(int(np.prod(array.shape[1:])) for array in keras.tree.flatten(x))
    return min(examples, max(FEWEST_EXAMPLES, MOST_NUMBERS // max(1, numbers)))


def _spread(rows: int, chosen: int) -> np.ndarray:
    # Evenly spaced, because data on disk is often sorted by class.
    return np.unique(np.linspace(0, rows - 1, min(rows, chosen)).astype(int))


def describe_labels(y: Any) -> dict[str, Any]:
    """Measure what the best constant answer would cost under each usual loss.

    Args:
        y: the targets; only a single array is described.

    Returns:
        `constant_losses`, loss name to its value for the best answer that ignores the input, and `scale`, the
        root mean square of the targets; empty where the targets are structured or not numbers.
    """
    arrays = keras.tree.flatten(y)
    if len(arrays) != 1 or arrays[0].dtype.kind not in "biuf" or not len(arrays[0]):
        return {}
    values = arrays[0][_spread(len(arrays[0]), MOST_ROWS)]
    numbers = values.astype("float64")
    if not np.isfinite(numbers).all():
        return {"finite": False}
    return {
        "finite": True,
        "scale": float(np.sqrt(np.mean(numbers**2))),
        "constant_losses": _regression_losses(numbers) | _classification_losses(numbers),
    }


def _regression_losses(values: np.ndarray) -> dict[str, float]:
    return {
        "mean_squared_error": float(values.var(axis=0).mean()),
        "mean_absolute_error": float(np.abs(values - np.median(values, axis=0)).mean()),
    }


def _classification_losses(values: np.ndarray) -> dict[str, float]:
    losses = {}
    if values.min() >= 0 and (values == np.round(values)).all() and values.max() < 1_000_000:
        shares = np.bincount(values.astype(int).ravel()) / values.size
        losses["sparse_categorical_crossentropy"] = _entropy(shares)
    if values.min() >= 0 and values.max() <= 1:
        means = values.reshape(len(values), -1).mean(axis=0)
        losses["binary_crossentropy"] = float(np.mean([_entropy(np.array([p, 1 - p])) for p in means]))
        losses["categorical_crossentropy"] = _entropy(means / max(means.sum(), 1e-12))
    return losses


def _entropy(shares: np.ndarray) -> float:
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())
