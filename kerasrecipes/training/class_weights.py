"""Class weights: rare classes count as much in the loss as frequent ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples, labels_at_hand
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.metrics.baselines import class_counts


def balanced(examples: Examples, task: str, info: Info) -> Examples:
    """Weigh training examples inversely to the number of examples of their class.

    The weight of a class is `examples / (classes * examples of the class)`, as scikit-learn has it,
    so that the mean weight is 1 and the learning rate keeps its meaning. Of sequences each entry
    has the weight of its own class.

    Args:
        examples: of the training split.
        task: a row of `kerasrecipes.heads`.
        info: metadata of the data, with its classes.

    Returns:
        The same examples with these as sample weights, multiplied with those that they have.

    Raises:
        UserError: if the task has no classes.
    """
    weight = _weights(examples, task, info)
    if isinstance(examples, Arrays):
        x, y, *own = examples.columns
        return Arrays(x, y, _multiplied(of_labels(y, weight, task), own))
    return ClassWeighted(examples, weight, task)


def of_labels(labels: np.ndarray, weight: np.ndarray, task: str) -> np.ndarray:
    """Return the weights of labels.

    Args:
        labels: class indices `(batch,)` or, negative where there is none, `(batch, time)`; one-hot
            rows `(batch, classes)`, perhaps blended; or -1 and +1.
        weight: of each class, `(classes,)`.
        task: a row of `kerasrecipes.heads`.

    Returns:
        `(batch,)` or `(batch, time)`; of blended rows the blended weight.
    """
    if task == "multiclass_one_hot":
        return (labels @ weight).astype(np.float32)
    if task in ("signed", "binary"):
        return weight[(labels.reshape(-1) > 0).astype(int)]
    return np.where(labels < 0, np.float32(0), weight[np.maximum(labels, 0)])


def _weights(examples: Examples, task: str, info: Info) -> np.ndarray:
    labels, own = labels_at_hand(examples)
    # Sequences of words lie one after another in a flat array.
    flat = getattr(labels, "values", labels)
    counts = None
    if isinstance(flat, np.ndarray):
        if isinstance(own, np.ndarray) and own.shape == flat.shape[:1]:
            flat = flat[own > 0]
        counts = class_counts(task, flat, len(info.classes or ()))
    if counts is None:
        raise UserError(
            "class_weight=balanced needs one class for each example or word; "
            f"a task of the kind '{task}' on this data has none: leave it out"
        )
    present = counts > 0
    weight = counts.sum() / (present.sum() * np.where(present, counts, 1))
    return np.where(present, weight, 0).astype(np.float32)


def _multiplied(weight: np.ndarray, own: list[np.ndarray]) -> np.ndarray:
    return weight * own[0] if own else weight


class ClassWeighted(Examples):
    """Examples whose labels give them their weight as they are taken.

    Args:
        examples: with or without weights of their own.
        weight: of each class, `(classes,)`.
        task: a row of `kerasrecipes.heads`.
    """

    def __init__(self, examples: Examples, weight: np.ndarray, task: str):
        self.examples, self.weight_of_class, self.task = examples, weight, task
        self.lengths = examples.lengths

    @property
    def signature(self) -> Any:
        """Structure of a batch whose shape varies, with that of the weights behind it."""
        inner = self.examples.signature
        if inner is None:
            return None
        # Of labels with an axis of one, `(batch, 1)`, and of one-hot labels it has an axis less.
        axes = self.take(np.arange(1))[2].ndim
        return (*inner[:2], (inner[1][0][:axes], np.dtype(np.float32)))

    def __len__(self) -> int:
        return len(self.examples)

    def take(self, indices: np.ndarray) -> tuple[Any, ...]:
        """Return `(x, y, weight)` of the examples at these indices."""
        x, y, *own = self.examples.take(indices)
        return x, y, _multiplied(of_labels(y, self.weight_of_class, self.task), own)

    def select(self, indices: np.ndarray) -> ClassWeighted:
        """Return a collection of only the examples at these indices."""
        return ClassWeighted(self.examples.select(indices), self.weight_of_class, self.task)

    def groups(self) -> list[np.ndarray]:
        """Return the indices of the examples that are padded to one length, group by group."""
        return self.examples.groups()
