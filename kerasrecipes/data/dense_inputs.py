"""Inputs of dense layers: images or rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kerasrecipes.data.examples import Arrays, Examples
from kerasrecipes.data.images.prepare import prepare_images
from kerasrecipes.data.label_transforms import one_hot
from kerasrecipes.data.tables.prepare import is_table, prepare_table
from kerasrecipes.info import Info, InputMoments
from kerasrecipes.ranges import Count
from kerasrecipes.recipe import Splits

_SAMPLE = 2000  # training images by which brightness is measured
_FILE_SIZE = (32, 32)  # of image files: 1,024 pixels are what dense layers still learn from


def prepare(
    splits: Splits, tasks: Sequence[str], *, task: str = "auto", image_size: Count | None = None
) -> Splits:
    """Prepare raw rows or images, and measure the mean and variance to normalize them by.

    Args:
        splits: what a source of tables or of images gave.
        tasks: rows of `kerasrecipes.heads` that the recipe can do.
        task: the one to do; `"auto"` takes the first that suits.
        image_size: height and width of images; by default their own, and 32 for files.

    Returns:
        Splits whose `info` has a task, and `inputs` with mean and variance: of each column of a
        table, of all pixels of images together.

    Raises:
        UserError: if the data suits no task that the recipe can do.
    """
    if is_table(splits):
        return prepare_table(splits, tasks, task)
    trained_info = splits.trained_info
    splits = prepare_images(splits, own_size(splits, image_size))
    if trained_info is not None:
        return one_hot(splits) if trained_info.task == "multiclass_one_hot" else splits
    pixels = _pixels(splits.train)
    # Images of one single gray have no variance, by which they would be divided.
    measured = InputMoments(mean=float(pixels.mean()), variance=float(pixels.var()) or 1.0)
    chosen = (
        task if task != "auto" else next(name for name in tasks if name.startswith("multiclass"))
    )
    splits = replace(splits, info=replace(splits.info, task=chosen, inputs=measured))
    return one_hot(splits) if chosen == "multiclass_one_hot" else splits


def units(info: Info) -> int:
    """Return the number of outputs that the task of `info` needs."""
    if info.task in ("signed", "binary"):
        return 1
    if info.task in ("regression", "multilabel"):
        return len(info.targets or ())
    return info.num_classes


def own_size(splits: Splits, image_size: int | None) -> tuple[int, int]:
    """Return the height and width to resize images to: the wanted one, else their own, 32 for
    files.

    Args:
        splits: what a source of images gave.
        image_size: the wanted height and width.
    """
    if image_size is not None:
        return image_size, image_size
    train = splits.train
    if isinstance(train, Arrays) and isinstance(train.x, np.ndarray):
        return train.x.shape[1], train.x.shape[2]
    return _FILE_SIZE


def _pixels(examples: Examples) -> np.ndarray:
    chosen = examples.sample(_SAMPLE, seed=0)
    return np.asarray(chosen.take(np.arange(len(chosen)))[0], dtype=np.float64)
