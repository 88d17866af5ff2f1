"""Probe: the examples at which gradients and activations are measured, and label statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from kerasrecipes.errors import UserError

# Entries that are read for the statistics of the labels, and that a probe holds at most.
MOST_LABELS = 10_000_000
MOST_ENTRIES = 4_000_000
FEWEST_EXAMPLES = 32
# Classes that never occurred have this probability, the epsilon of Keras's losses.
LEAST_SHARE = 1e-7


@dataclass(frozen=True)
class Probe:
    """Examples to measure at, as NumPy arrays.

    Args:
        x: inputs, in the structure that the model takes.
        y: labels, in the structure that the loss takes.
        weight: sample weights, or None.
        labels: statistics of the labels over all rows; JSON-able.
        every: inputs and labels of the whole batch, of which the examples were taken.
    """

    x: Any
    y: Any
    weight: Any = None
    labels: Mapping[str, Any] = field(default_factory=dict)
    every: tuple[Any, ...] = ()

    @property
    def examples(self) -> int:
        """The number of examples."""
        return len(keras.tree.flatten(self.x)[0])

    @property
    def numbers(self) -> np.ndarray | None:
        """All labels as `(examples, targets)` floats, where they are one array of numbers."""
        values = _single(self.every[1]) if len(self.every) == 2 else None
        return None if values is None else values.reshape(len(values), -1).astype("float32")

    def numbers_of(self, output: str) -> np.ndarray | None:
        """Return the labels of one output of several, as `numbers` are.

        Args:
            output: its name.
        """
        labels = self.every[1] if len(self.every) == 2 else None
        found = labels.get(output) if isinstance(labels, Mapping) else None
        if found is None or np.asarray(found).dtype.kind not in "biuf" or not len(found):
            return None
        return np.asarray(found).reshape(len(found), -1).astype("float32")

    @classmethod
    def of(
        cls, batch: Any, examples: int = 256, validation: Any = None, labels: Any = None
    ) -> Probe:
        """Take evenly spaced examples of a batch or of a whole training set.

        Args:
            batch: `(x,)`, `(x, y)` or `(x, y, weight)`; each an array or a structure of arrays,
                examples first.
            examples: how many to take at most; fewer where single examples are large.
            validation: labels of the validation examples, or `None`.
            labels: `(y,)` or `(y, weight)`, of all training examples where the batch holds only
                some; a share of rare labels is not told by a few rows.

        Returns:
            The examples as NumPy arrays, in their order, with what `describe_labels` says of all
            labels.

        Raises:
            UserError: if the batch is not such a tuple, or its parts differ in length.
        """
        if not isinstance(batch, tuple | list) or not 1 <= len(batch) <= 3:
            raise UserError(
                f"the probe must be (x,), (x, y) or (x, y, weight), received {type(batch).__name__}"
            )
        arrays = keras.tree.map_structure(np.asarray, tuple(batch))
        lengths = {len(array) for array in keras.tree.flatten(arrays) if array.ndim}
        if len(lengths) != 1:
            raise UserError(
                f"x, y and weight of the probe must have one length, received {sorted(lengths)}"
            )
        rows = _spread(lengths.pop(), _affordable(arrays[0], examples))
        taken = keras.tree.map_structure(lambda array: array[rows], arrays)
        x, y, weight = (*taken, None, None)[:3]
        every, weights = (*(arrays[1:] if labels is None else labels), None, None)[:2]
        described = describe_labels(every, validation, weights)
        return cls(x, y, weight, described, arrays[:2])


def _affordable(x: Any, examples: int) -> int:
    numbers = sum(int(np.prod(array.shape[1:])) for array in keras.tree.flatten(x))
    return min(examples, max(FEWEST_EXAMPLES, MOST_ENTRIES // max(1, numbers)))


def _spread(rows: int, chosen: int) -> np.ndarray:
    # Evenly spaced, because data on disk is often sorted by class.
    return np.unique(np.linspace(0, rows - 1, min(rows, chosen)).astype(int))


def describe_labels(y: Any, validation: Any = None, weight: Any = None) -> dict[str, Any]:
    """Compute the loss of the best constant prediction under each usual loss.

    Args:
        y: the training labels, to which the prediction is fitted; a single array, or a mapping of
            arrays by output, where NaN is a label that is missing and counts as no loss.
        validation: the validation labels, on which it is evaluated as well.
        weight: sample weights in the training loss, `(examples,)`, or of the labels' shape where
            each entry has its own, such as 0 for tokens that are not asked; of others nothing is
            counted.

    Returns:
        `constant_losses`, loss name to the value of the best prediction that ignores the input;
        `validation_losses`, its value on the validation labels, where there are any; `least` and
        `most` of the labels; and `scale`, their root mean square. Of several outputs `outputs`,
        this by name. Empty where the labels are structured otherwise, or not numbers.
    """
    if isinstance(y, Mapping):
        held = validation if isinstance(validation, Mapping) else {}
        if len(y) == 1:
            ((name, only),) = y.items()
            return _described(only, held.get(name), weight)
        return {"outputs": {name: _described(y[name], held.get(name), weight) for name in y}}
    if weight is not None and np.ndim(weight) > 1 and np.shape(weight) == np.shape(y):
        # Each entry is a label of its own, and those of the validation have weights unknown here.
        asked = np.asarray(weight).reshape(-1) > 0
        y, weight = (np.asarray(array).reshape(-1)[asked] for array in (y, weight))
        validation = None
    values = _single(y)
    if values is None:
        return {}
    if not np.isfinite(values).all():
        return {"finite": False}
    described: dict[str, Any] = {"finite": True, "scale": float(np.sqrt(np.mean(values**2)))}
    described |= {"least": float(values.min()), "most": float(values.max())}
    described["constant_losses"] = _losses(values, values, *2 * (_one_each(weight, values),))
    judged = _single(validation)
    if judged is not None and judged.shape[1:] == values.shape[1:] and np.isfinite(judged).all():
        described["validation_losses"] = _losses(values, judged, _one_each(weight, values))
    return described


def _described(y: Any, validation: Any, weight: Any) -> dict[str, Any]:
    """Describe the labels of one output of several, some of which may be missing."""
    values, share, rows = _there(y)
    judged, share_judged, _ = _there(validation)
    if rows is None or not rows.any():
        return {}
    if np.ndim(weight) == 1 and len(weight) == len(rows):
        weight = np.asarray(weight)[rows]
    described = describe_labels(values, judged, weight)
    # The mean of a loss is over all examples, with and without a label.
    for key, part in (("constant_losses", share), ("validation_losses", share_judged)):
        if key in described:
            described[key] = {name: part * loss for name, loss in described[key].items()}
    return described


def _there(y: Any) -> tuple[np.ndarray | None, float, np.ndarray | None]:
    """Return the rows with all their labels, the share of labels that are there, and which rows."""
    values = None if y is None else np.asarray(y)
    if values is None or values.dtype.kind not in "biuf" or not values.size:
        return None, 0.0, None
    there: Any = np.ones(values.shape, bool)
    if values.dtype.kind == "f":
        there = ~np.isnan(values)
    rows: np.ndarray = there.reshape(len(values), -1).all(axis=1)
    return (values[rows] if rows.any() else None), float(there.mean()), rows


def _single(y: Any) -> np.ndarray | None:
    arrays = [] if y is None else [np.asarray(array) for array in keras.tree.flatten(y)]
    if len(arrays) != 1 or arrays[0].dtype.kind not in "biuf" or not len(arrays[0]):
        return None
    return arrays[0][_counted(arrays[0])].astype("float64")


def _counted(array: np.ndarray) -> np.ndarray:
    """Return the rows of labels that are counted: all, unless they are entries by the million."""
    return _spread(len(array), max(1, MOST_LABELS * len(array) // max(1, array.size)))


def _one_each(weight: Any, values: np.ndarray) -> np.ndarray:
    """Return the weights of the rows that `_single` takes, 1 where there are none."""
    if weight is None or np.ndim(weight) != 1 or not np.any(weight):
        return np.ones(len(values))
    rows = np.linspace(0, len(weight) - 1, len(values)).astype(int)  # those of `_counted`
    return np.asarray(weight, np.float64)[np.unique(rows)]


def _losses(
    values: np.ndarray, judged: np.ndarray, weight: np.ndarray, counted: np.ndarray | None = None
) -> dict[str, float]:
    """Return the losses on `judged` of the constant predictions that fit `values` best.

    Args:
        values: labels that are fitted.
        judged: labels on which the loss is computed.
        weight: of each of the fitted.
        counted: of each of the judged, 1 by default.
    """
    counted = np.ones(len(judged)) if counted is None else counted

    def loss(rows: np.ndarray) -> float:
        # As Keras does: weighted, then divided by the number of examples.
        return float((counted * rows.reshape(len(rows), -1).mean(axis=1)).mean())

    mean = np.average(values, axis=0, weights=weight)
    losses = {
        "mean_squared_error": loss((judged - mean) ** 2),
        "mean_absolute_error": loss(np.abs(judged - np.median(values, axis=0))),
    }
    least, most = min(values.min(), judged.min()), max(values.max(), judged.max())
    # Classes are counted up to the highest: numbers in the millions are not classes.
    if least >= 0 and (values == np.round(values)).all() and most < 1_000_000:
        each = np.repeat(weight, values.size // len(values))
        counts = np.bincount(values.astype(int).ravel(), each, minlength=int(most) + 1)
        shares = counts / each.sum()
        losses["sparse_categorical_crossentropy"] = loss(-_log(shares[judged.astype(int)]))
    if least >= 0 and most <= 1:
        means, asked = mean.reshape(-1), judged.reshape(len(judged), -1)
        losses["binary_crossentropy"] = loss(-(asked * _log(means) + (1 - asked) * _log(1 - means)))
        # Keras divides the probabilities of an example by their sum.
        shares = means / max(means.sum(), LEAST_SHARE)
        losses["categorical_crossentropy"] = loss(-(asked * _log(shares)).sum(axis=-1))
    return losses


def _log(shares: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(shares, LEAST_SHARE))
