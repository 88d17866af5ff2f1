"""The median stopping rule: a trial that falls behind the others is ended early."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from typing import Any

from kerasrecipes.tuning.plan import Plan

FEWEST_OTHERS = 4  # A median of fewer completed trials says little.
FREE = 4  # No trial is ended in the first quarter: learning curves cross early in a training.


def should_stop(
    plan: Plan, record: Mapping[str, Any], completed: Iterable[Mapping[str, Any]], step: int
) -> bool:
    """Return whether a trial is worse than half of the completed ones were at the same epoch.

    Hyperband has a rule of its own, and folds are not comparable before all are trained.

    Args:
        plan: of the search.
        record: of the trial.
        completed: records of completed trials.
        step: the epoch that the trial has just ended, from 1.

    Reference:
        [Google Vizier: A Service for Black-Box
        Optimization](https://dl.acm.org/doi/10.1145/3097983.3098043) (Golovin et al., 2017)
    """
    if not plan.early or plan.method == "hyperband" or plan.folds > 1 or record["kind"] != "search":
        return False
    own = best_so_far(plan, record, step)
    if own is None or step < max(1, plan.epochs // FREE):
        return False
    others = [best_so_far(plan, other, step) for other in completed]
    known = [value for value in others if value is not None]
    return len(known) >= FEWEST_OTHERS and plan.better(statistics.median(known), own)


def best_so_far(plan: Plan, record: Mapping[str, Any], step: int) -> float | None:
    """Return the best value of the objective that a trial had up to an epoch.

    Args:
        plan: of the search.
        record: of the trial.
        step: the epoch, from 1.

    Returns:
        The value; `None` if the trial did not come that far, or the objective was never a number.
    """
    if not record["epochs"] or record["epochs"] < step:
        return None
    reached = [metrics for epoch, metrics in record["history"].items() if int(epoch) <= step]
    found = [metrics.get(plan.objective) for metrics in reached]
    found = [value for value in found if value is not None and value == value]  # NaN is not itself.
    return (max if plan.maximize else min)(found) if found else None
