"""Images or rows of a table as the vectors that dense layers take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images import prepare as images
from kerasrecipes.data.tables import prepare as tables
from kerasrecipes.recipe import Info, Splits

_SAMPLE = 2000  # training images by which brightness is measured


def fit(
    splits: Splits, tasks: Sequence[str], *, task: str = "auto", image_size: int | None = None
) -> Splits:
    """Bring raw rows or images to one shape, and measure by what they are to be normalized.

    Args:
        splits: what a source of tables or of images gave.
        tasks: rows of `kerasrecipes.heads` that the recipe can do.
        task: the one to do; `"auto"` takes the first that suits.
        image_size: height and width of images; by default their own, and 32 for files.

    Returns:
        Splits whose `info.facts` have `task`, and `inputs` with mean and variance: of each column
        of a table, of all pixels of images together.

    Raises:
        UserError: if the data suits no task that the recipe can do.
    """
    if tables.is_table(splits):
        return tables.fit(splits, tasks, task)
    fitted = splits.fitted
    size = fitted.input_shape[:2] if fitted else own_size(splits, image_size)
    splits = images.fit(splits, size, fitted.input_shape[2] if fitted else None)
    if fitted is not None:
        splits = replace(splits, info=fitted)
        return one_hot(splits) if fitted.facts["task"] == "multiclass_one_hot" else splits
    pixels = _pixels(splits.train)
    measured = {"mean": float(pixels.mean()), "variance": float(pixels.var()) or 1.0}
    chosen = (
        task if task != "auto" else next(name for name in tasks if name.startswith("multiclass"))
    )
    info = splits.info.with_facts(task=chosen, inputs=measured)
    return (
        one_hot(replace(splits, info=info))
        if chosen == "multiclass_one_hot"
        else replace(splits, info=info)
    )


def units(info: Info) -> int:
    """Count the outputs that the task in `info.facts` asks for."""
    if info.facts["task"] in ("signed", "binary"):
        return 1
    return (
        len(info.targets)
        if info.facts["task"] in ("regression", "multilabel")
        else info.num_classes
    )


def one_hot(splits: Splits) -> Splits:
    """Replace class numbers by rows of zeros with a one."""
    parts = {
        name: _one_hot(getattr(splits, name), splits.info.num_classes)
        for name in ("train", "validation", "test")
    }
    return replace(splits, **parts)


class OneHot(Examples):
    """Examples whose class numbers become rows of zeros with a one as they are taken.

    Args:
        examples: with class numbers as labels.
        classes: number of classes.
    """

    def __init__(self, examples: Any, classes: int):
        self.examples, self.classes = examples, classes

    def __len__(self) -> int:
        return len(self.examples)

    def take(self, numbers: np.ndarray) -> tuple[Any, ...]:
        """Give the examples with these numbers."""
        x, y, *rest = self.examples.take(numbers)
        return (x, np.eye(self.classes, dtype=np.float32)[y], *rest)

    def select(self, numbers: np.ndarray) -> OneHot:
        """Make a collection of only the examples with these numbers."""
        return OneHot(self.examples.select(numbers), self.classes)


def _one_hot(examples: Any, classes: int) -> Any:
    if not isinstance(examples, Arrays):
        return OneHot(examples, classes)
    x, y, *weight = examples.columns
    return Arrays(x, np.eye(classes, dtype=np.float32)[y], *weight)


def own_size(splits: Splits, image_size: int | None) -> tuple[int, int]:
    """Give the height and width that images are brought to: the wanted one, else their own, 32 for
    files.
    """
    if image_size is not None:
        return image_size, image_size
    in_memory = isinstance(splits.train, Arrays) and isinstance(splits.train.x, np.ndarray)
    return splits.train.x.shape[1:3] if in_memory else (32, 32)


def _pixels(examples: Any) -> np.ndarray:
    chosen = examples.sample(_SAMPLE, seed=0)
    return np.asarray(chosen.take(np.arange(len(chosen)))[0], dtype=np.float64)
