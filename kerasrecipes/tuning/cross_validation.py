"""Cross-validation: the training examples in folds, each of which is the validation split once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kerasrecipes.data.folds import class_labels
from kerasrecipes.data.splits import split
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import Recipe, Request, Source, Splits


@dataclass(frozen=True)
class Fold:
    """A source whose training examples are divided; its validation examples are left out, its test
    examples kept.

    Args:
        source: where the examples come from.
        number: the fold that is the validation split, from 0.
        count: of folds.
    """

    source: Source
    number: int
    count: int

    @property
    def summary(self) -> str:
        """What it holds, in a line."""
        return f"{self.source.summary}, part {self.number + 1} of {self.count} held out"

    def load(self, request: Request) -> Splits:
        """Load the examples and divide them.

        Raises:
            UserError: if there are fewer training examples than folds.
        """
        splits = self.source.load(request)
        total = len(splits.train)
        if total < self.count:
            raise UserError(
                f"{self.count} folds need as many training examples, the data has {total}"
            )
        parts = split(
            class_labels(splits.train), [1 / self.count] * self.count, request.seed, total
        )
        kept = [part for number, part in enumerate(parts) if number != self.number]
        return replace(
            splits,
            train=splits.train.select(np.sort(np.concatenate(kept))),
            validation=splits.train.select(parts[self.number]),
        )

    def accepts(self, path: str) -> bool:
        """Return whether the source takes a path."""
        return self.source.accepts(path)

    def reachable(self) -> str | None:
        """Return why the source cannot be loaded here; `None` if it can."""
        return self.source.reachable()


def for_fold(recipe: Recipe, number: int, count: int) -> Recipe:
    """Return a copy of a recipe of which every source is divided.

    Args:
        recipe: the recipe.
        number: the fold that is the validation split, from 0.
        count: of folds.
    """
    return replace(
        recipe, data={name: Fold(source, number, count) for name, source in recipe.data.items()}
    )
