"""The median rule: a trial that falls behind the others is ended early."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from kerasrecipes.tuning.plan import Plan

FEWEST_OTHERS = 4  # completed trials that a median is taken of
FREE = 4  # the part of a training, one in so many, in which none is ended


def behind(
    plan: Plan, record: Mapping[str, Any], completed: Iterable[Mapping[str, Any]], step: int
) -> bool:
    """Tell whether a trial is worse than half of the completed ones were at the same epoch.

    Hyperband has a rule of its own, and folds are not comparable before all are trained.

    Args:
        plan: of the search.
        record: of the trial.
        completed: records of trials that came to their end.
        step: the epoch that the trial has just ended.

    Reference:
        [Google Vizier: A Service for Black-Box
        Optimization](https://dl.acm.org/doi/10.1145/3097983.3098043) (Golovin et al., 2017)
    """
    if not plan.early or plan.method == "hyperband" or plan.folds > 1 or record["kind"] != "search":
        return False
    if step < max(1, plan.epochs // FREE):
        return False
    others = [
        value for value in (so_far(plan, other, step) for other in completed) if value is not None
    ]
    own = so_far(plan, record, step)
    return (
        len(others) >= FEWEST_OTHERS
        and own is not None
        and plan.better(statistics.median(others), own)
    )


def so_far(plan: Plan, record: Mapping[str, Any], step: int) -> float | None:
    """Give the best value of the objective that a trial had up to an epoch; `None` if it never came
    there.
    """
    if not record["epochs"] or record["epochs"] < step:
        return None
    reached = [figures for number, figures in record["history"].items() if int(number) <= step]
    found = [figures.get(plan.objective) for figures in reached]
    found = [value for value in found if value is not None and value == value]
    return (max if plan.maximize else min)(found) if found else None
