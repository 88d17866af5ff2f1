"""Folds: all examples but the data's own test split in parts, each of which is the test split once.

`kerasrecipes.data.splits` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from kerasrecipes.data.examples import Examples
from kerasrecipes.errors import UserError


@dataclass
class Fold:
    """Part of the data that is the test split.

    Args:
        number: of the part, from 0.
        count: of parts, at least 2.
        drawn: whether the splits are those of the fold already; the source says so.

    Raises:
        UserError: if there is no such part.
    """

    number: int
    count: int
    drawn: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a part that there is not."""
        if self.count < 2:
            raise UserError(f"folds={self.count}: must be at least 2")
        if not 0 <= self.number < self.count:
            raise UserError(f"fold {self.number + 1} of {self.count}: there is none")

    def __str__(self) -> str:
        """Return it as configurations have it, such as `2/5`."""
        return f"{self.number + 1}/{self.count}"

    @classmethod
    def of(cls, text: str) -> Fold:
        """Return the fold that a text such as `2/5` names.

        Raises:
            UserError: if it names none.
        """
        number, _, count = text.partition("/")
        try:
            return cls(int(number) - 1, int(count))
        except ValueError as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"fold={text!r}: must be written as 2/5") from error


def deal(labels: np.ndarray | None, count: int, seed: int, total: int) -> list[np.ndarray]:
    """Divide examples into parts of one size at random, stratified by label where there are labels.

    Args:
        labels: `(examples,)`, label of each example, or `None`.
        count: number of parts.
        seed: of the draw.
        total: number of examples.

    Returns:
        The sorted indices of each part; sizes differ by one at most, also those of each class.
    """
    random = np.random.default_rng(seed)
    classes = [np.arange(total)]
    if labels is not None:
        classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    # Class after class, as cards are dealt: who gets one more of a class gets one less of the next.
    order = np.concatenate([random.permutation(members) for members in classes])
    return [np.sort(order[part::count]) for part in range(count)]


def pick(parts: Iterable[np.ndarray], fold: Fold) -> tuple[np.ndarray, np.ndarray]:
    """Divide examples into those that are learned from and those of a fold.

    Args:
        parts: `(examples,)` indices of each part.
        fold: which of them is held out.

    Returns:
        The sorted indices of both.

    Raises:
        UserError: if one of the parts is empty.
    """
    parts = list(parts)
    if not all(len(part) for part in parts):
        total = sum(map(len, parts))
        raise UserError(f"{total:,} examples are too few for {fold.count} folds")
    rest = [part for number, part in enumerate(parts) if number != fold.number]
    return np.sort(np.concatenate(rest)), np.sort(parts[fold.number])


def class_labels(examples: Examples) -> np.ndarray | None:
    """Return class indices or names to stratify by, where the examples have them at hand."""
    labels = getattr(examples, "y", None)
    if not isinstance(labels, np.ndarray) or labels.ndim != 1 or labels.dtype.kind not in "iuUSOb":
        return None
    labels = labels.astype(str) if labels.dtype.kind == "O" else labels
    # With nearly as many values as examples they are numbers to predict, not classes.
    return labels if len(np.unique(labels)) <= len(labels) // 2 else None
