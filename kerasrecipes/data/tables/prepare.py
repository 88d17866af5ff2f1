"""Preparing tables: from raw columns to the numbers that a model takes.

`prepare_table` fits an encoding on the training rows and applies it to all; it lies in
`Info.preprocessor`, so that raw rows can be answered later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.data.tables.targets import Target, describe, encode_target, join
from kerasrecipes.info import Info, InputMoments, TargetScale
from kerasrecipes.recipe import SPLITS, Splits


def is_table(splits: Splits) -> bool:
    """Return whether examples are raw rows of a table."""
    return isinstance(splits.info.preprocessor, TablePreprocessor)


def prepare_table(splits: Splits, tasks: Sequence[str], task: str = "auto") -> Splits:
    """Fit the columns' encoding on the training rows, and encode all rows.

    Args:
        splits: raw rows.
        tasks: rows of `kerasrecipes.heads` that the recipe can do.
        task: the one to do; `"auto"` takes the first that suits the target.

    Returns:
        Splits of `(rows, features)` float32 inputs. Labels are `(rows,)` class indices, `(rows,)`
        of -1 and +1 for `signed`, `(rows, targets)` float32 for `regression` and `multilabel`.
        The preprocessor of `info` is fitted, and `info` gains the task, the mean and variance of
        each feature, and those of the targets of a regression.

    Raises:
        UserError: if no task that the recipe can do suits the target, or no column is of use; or
            with `splits.trained_info`, if the rows lack a column that the model takes.
    """
    if splits.trained_info is not None:
        return _as_trained(splits, splits.trained_info)
    raw: Any = splits.train
    preprocessor, notes = TablePreprocessor.of(splits.info).fit(raw.x)
    target = _target(splits, tasks, task)
    encoded = _encoded(splits, preprocessor, target)
    train: Any = encoded.train
    scale = None
    if target.scale:
        units = {kind.name: kind.unit for kind in preprocessor.kinds}
        unit = units.get(target.names[0], "") if len(target.names) == 1 else ""
        scale = TargetScale(mean=tuple(target.mean), scale=tuple(target.scale), unit=unit)
    info = replace(
        splits.info,
        input_shape=(train.x.shape[1],),
        classes=target.classes or None,
        targets=tuple(target.names) if target.task in ("regression", "multilabel") else None,
        task=target.task,
        preprocessor=preprocessor,
        inputs=moments(train.x),
        target=scale,
    )
    return replace(encoded, info=info, notes=(*splits.notes, *notes))


def _encoded(splits: Splits, preprocessor: TablePreprocessor, target: Target) -> Splits:
    def encode(rows: Any) -> Arrays:
        # By position, as other rows may call the target otherwise.
        cells = dict(zip(target.names, rows.y.values(), strict=True))
        x, y = preprocessor.encode(rows.x), encode_target(cells, target)
        return Arrays(x, y, *rows.columns[2:])

    return splits.map(encode)


def moments(x: np.ndarray) -> InputMoments:
    """Return mean and variance of each feature, 1 for the variance of one that never changes.

    Args:
        x: `(rows, features)`.
    """
    # Sums over many rows lose digits in float32. Column by column, as a copy of all is large.
    columns = (column.astype(np.float64) for column in x.T)
    mean, variance = np.array([(column.mean(), column.var()) for column in columns]).T
    return InputMoments(
        mean=tuple(mean.tolist()), variance=tuple(np.where(variance > 0, variance, 1.0).tolist())
    )


def _as_trained(splits: Splits, info: Info) -> Splits:
    """Apply the encoding of an earlier training."""
    preprocessor = TablePreprocessor.of(info)
    mean, scale = (info.target.mean, info.target.scale) if info.target else ((), ())
    target = Target(info.task, preprocessor.targets, info.classes or (), mean, scale)
    return replace(_encoded(splits, preprocessor, target), info=info)


def _target(splits: Splits, tasks: Sequence[str], task: str) -> Target:
    train: Any = splits.train
    # Classes come from all splits: a rare one may lie in a single split only.
    whole = {
        name: np.concatenate([getattr(splits, part).y[name] for part in SPLITS]) for name in train.y
    }
    return join([describe(name, column) for name, column in whole.items()], train.y, tasks, task)
