"""Data sets with few labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Splits


class Weighted(Examples):
    """Examples with a weight each.

    Args:
        examples: without weights.
        weight: `(examples,)`.
    """

    def __init__(self, examples: Any, weight: np.ndarray):
        self.examples, self.weight = examples, weight

    def __len__(self) -> int:
        return len(self.examples)

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Give `(x, y, weight)` of the examples with these numbers."""
        return (*self.examples.take(numbers), self.weight[numbers])

    def select(self, numbers: np.ndarray) -> Weighted:
        """Make a collection of only the examples with these numbers."""
        return Weighted(self.examples.select(numbers), self.weight[numbers])


def hidden(splits: Splits, count: int, seed: int = 0) -> Splits:
    """Take the labels of all but a few training examples out of the loss.

    Args:
        splits: labels are class numbers.
        count: how many training examples keep their label, equally many of each class as far as
            there are.
        seed: of the choice.

    Returns:
        Splits whose training examples have a weight: 0 without label; with label so much that a
        batch's mean loss is that of its labelled examples on average. `info.facts["examples"]`
        counts the training examples.

    Raises:
        UserError: if there would be fewer labels than classes.
    """
    if splits.fitted is not None:  # judging a trained model needs all labels
        return splits
    classes, total = splits.info.num_classes, len(splits.train)
    if count < classes:
        raise UserError(
            f"num_labels={count}: at least one label for each of the {classes} classes is needed"
        )
    labels = np.asarray(splits.train.y)
    shuffled = np.random.default_rng(seed).permutation(total)
    # The k-th example of its class in random order has rank k; the lowest ranks are as even as can
    # be.
    rank = np.zeros(total, dtype=int)
    for number in np.unique(labels):
        own = shuffled[labels[shuffled] == number]
        rank[own] = np.arange(len(own))
    kept = shuffled[np.argsort(rank[shuffled], kind="stable")][:count]
    weight = np.zeros(total, dtype=np.float32)
    weight[kept] = total / len(kept)
    train = (
        Arrays(*splits.train.columns, weight)
        if isinstance(splits.train, Arrays)
        else Weighted(splits.train, weight)
    )
    note = f"{len(kept)} of {total} training examples keep their label"
    info = splits.info.with_facts(examples=total)
    return replace(splits, train=train, info=info, notes=(*splits.notes, note))
