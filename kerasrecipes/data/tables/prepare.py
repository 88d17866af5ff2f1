"""Preparing tables: from raw columns to the numbers that a model takes.

`prepare_table` fits an encoding on the training rows and applies it to all; the encoding lies in
`Info.facts["table"]`, so that raw rows can be answered later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.data.examples import Arrays
from kerasrecipes.data.tables import columns as encodings
from kerasrecipes.data.tables.kinds import ColumnKind
from kerasrecipes.data.tables.targets import Target, describe, encode_target, join
from kerasrecipes.errors import UserError
from kerasrecipes.recipe import SPLITS, Info, Splits


def is_table(splits: Splits) -> bool:
    """Return whether examples are raw rows of a table."""
    return "table" in splits.info.facts


def prepare_table(splits: Splits, tasks: Sequence[str], task: str = "auto") -> Splits:
    """Fit the columns' encoding on the training rows, and encode all rows.

    Args:
        splits: raw rows.
        tasks: rows of `kerasrecipes.heads` that the recipe can do.
        task: the one to do; `"auto"` takes the first that suits the target.

    Returns:
        Splits of `(rows, features)` float32 inputs. Labels are `(rows,)` class indices, `(rows,)`
        of -1 and +1 for `signed`, `(rows, targets)` float32 for `regression` and `multilabel`.
        `info.facts` gains `table`, `task`, `features`, and `inputs` with the mean and variance of
        each feature.

    Raises:
        UserError: if no task that the recipe can do suits the target, or no column is of use; or
            with `splits.trained_info`, if the rows lack a column that the model takes.
    """
    if splits.trained_info is not None:
        return _as_trained(splits, splits.trained_info)
    raw: Any = splits.train
    kinds = {kind["name"]: kind for kind in splits.info.facts["table"].get("kinds", ())}
    encoding, notes = encodings.fit(
        raw.x, {name: ColumnKind.from_dict(kind) for name, kind in kinds.items()}
    )
    if not encoding:
        raise UserError("the table has no column to learn from: " + "; ".join(notes))
    target = _target(splits, tasks, task)

    def encode(rows: Any) -> Arrays:
        weight = rows.columns[2:]
        return Arrays(encodings.encode(rows.x, encoding), encode_target(rows.y, target), *weight)

    encoded = splits.map(encode)
    train: Any = encoded.train
    x = train.x
    facts = dict(splits.info.facts)
    # A new dictionary, so that the metadata of the raw rows stay as they are.
    facts["table"] = {**facts["table"], "columns": encoding}
    facts |= {
        "task": target.task,
        "features": encodings.features(encoding),
        "inputs": moments(x),
    }
    if target.scale:
        facts["target"] = {"mean": list(target.mean), "scale": list(target.scale)}
    info = Info(
        input_shape=(x.shape[1],),
        classes=target.classes or None,
        targets=tuple(target.names) if target.task in ("regression", "multilabel") else None,
        facts=facts,
        columns=splits.info.columns,
        columns_by=splits.info.columns_by,
    )
    return replace(encoded, info=info, notes=(*splits.notes, *notes))


def moments(x: np.ndarray) -> dict[str, list[float]]:
    """Return mean and variance of each feature, 1 for the variance of one that never changes.

    Args:
        x: `(rows, features)`.
    """
    # Sums over many rows lose digits in float32. Column by column, as a copy of all is large.
    columns = (column.astype(np.float64) for column in x.T)
    mean, variance = np.array([(column.mean(), column.var()) for column in columns]).T
    return {
        "mean": mean.tolist(),
        "variance": np.where(variance > 0, variance, 1.0).tolist(),
    }


def _as_trained(splits: Splits, info: Info) -> Splits:
    """Apply the encoding of an earlier training."""
    if "table" not in info.facts:
        raise UserError("the model was not trained on a table")
    encoding = info.facts["table"]["columns"]
    test: Any = splits.test
    missing = [entry["name"] for entry in encoding if entry["name"] not in test.x]
    if missing:
        raise UserError(f"the rows lack the column '{missing[0]}'; received {', '.join(test.x)}")
    scales = info.facts.get("target", {"mean": (), "scale": ()})
    names = info.facts["table"]["targets"]
    target = Target(
        info.facts["task"], tuple(names), info.classes or (), *map(tuple, scales.values())
    )

    def encode(rows: Any) -> Arrays:
        x = {entry["name"]: encodings.as_fitted(rows.x[entry["name"]], entry) for entry in encoding}
        # By position, as other rows may call the target otherwise.
        y = dict(zip(names, rows.y.values(), strict=True))
        weight = rows.columns[2:]
        return Arrays(encodings.encode(x, encoding), encode_target(y, target), *weight)

    return replace(splits.map(encode), info=info)


def _target(splits: Splits, tasks: Sequence[str], task: str) -> Target:
    train: Any = splits.train
    # Classes come from all splits: a rare one may lie in a single split only.
    whole = {
        name: np.concatenate([getattr(splits, part).y[name] for part in SPLITS]) for name in train.y
    }
    return join([describe(name, column) for name, column in whole.items()], train.y, tasks, task)
