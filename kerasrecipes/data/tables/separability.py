"""Linear separability of two classes, decided by a linear program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from kerasrecipes.recipe import Splits

_SUBSET = 1000  # rows that are tried first: one that cannot be divided settles it within a second
_SECONDS = 10.0


def separable(x: np.ndarray, y: np.ndarray) -> bool | None:
    """Return whether some weights and bias put every row on its label's side.

    This is a linear program: find `w` and `b` with `y (w x + b) >= 1` for all rows. A part of the
    rows that cannot be divided settles it for all.

    Args:
        x: `(rows, features)`.
        y: `(rows,)` of -1 and +1.

    Returns:
        The answer; `None` if it was not found in about ten seconds.
    """
    # Standardizing does not change the answer, and keeps the program well scaled.
    std = x.std(axis=0)
    x = (x - x.mean(axis=0)) / np.where(std > 0, std, 1)
    if len(x) > _SUBSET:
        chosen = np.random.default_rng(0).choice(len(x), _SUBSET, replace=False)
        if _feasible(x[chosen], y[chosen]) is False:
            return False
    return _feasible(x, y)


def with_separability_note(splits: Splits) -> Splits:
    """Add a note for the user where no line divides the training rows.

    Args:
        splits: inputs `(rows, features)`, labels of -1 and +1.

    Returns:
        The splits, of which only the notes may differ.
    """
    train: Any = splits.train
    if splits.trained_info is not None or separable(train.x.astype(float), train.y) is not False:
        return splits
    line = {1: "point", 2: "line"}.get(train.x.shape[1], "plane")
    note = (
        f"no {line} divides the two classes of the {len(train)} training rows, so some stay wrong "
        "whatever is learned; a hidden layer bends it: kerasrecipes run mlp"
    )
    return replace(splits, notes=(*splits.notes, note))


def _feasible(x: np.ndarray, y: np.ndarray) -> bool | None:
    from scipy.optimize import linprog

    rows = -y[:, None] * np.concatenate([x, np.ones((len(x), 1))], axis=1)  # (rows, features + 1)
    result = linprog(
        # Nothing to minimize: any feasible point is an answer.
        np.zeros(rows.shape[1]),
        A_ub=rows,
        b_ub=-np.ones(len(rows)),
        # SciPy's default bounds would allow no negative weights.
        bounds=(None, None),
        method="highs",
        options={"time_limit": _SECONDS},
    )
    # 0 is solved, 2 is infeasible; others, such as 1 for the time limit, leave it open.
    return {0: True, 2: False}.get(result.status)
