"""What is known of runs side by side: what differs, their results, and what the spread over seeds
allows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.reports import formatting
from kerasrecipes.reports.style import curve

# Numbers that stand among the metrics and say nothing about how good the model is.
_NO_RESULT = {"parameters", "epochs", "epoch", "best_epoch", "steps", "examples", "flops"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A run's part in a comparison, as plain values.

    Args:
        name: unlike the others' names.
        settings: all settings, by name.
        metrics: figures on the test split; `parameters` may be among them.
        history: a row per epoch.
        seconds: how long it trained; `None` where that is unknown.
        lines: figures on the test split that depend on something, by name: `(x, value)` in
            ascending order.
    """

    name: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    history: Sequence[Mapping[str, float]] = ()
    seconds: float | None = None
    lines: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)


def differing(runs: Sequence[Entry]) -> list[str]:
    """List the settings that are not the same in all runs; to lack one is to differ from having
    it.
    """
    names = dict.fromkeys(name for run in runs for name in run.settings)
    return [name for name in names if len({repr(run.settings.get(name)) for run in runs}) > 1]


def results(runs: Sequence[Entry]) -> list[str]:
    """List the metrics that any of the runs was judged by; counts and times are none."""
    names = dict.fromkeys(
        name for run in runs for name, value in run.metrics.items() if _is_number(value)
    )
    return [name for name in names if name not in _NO_RESULT and not name.endswith("seconds")]


def metric(runs: Sequence[Entry], name: str | None = None) -> str:
    """Choose the metric by which runs are compared.

    Args:
        runs: at least one has metrics.
        name: the user's choice; by default the main metric.

    Raises:
        UserError: if no run has it.
    """
    known = results(runs)
    if name is not None and name not in known:
        raise unknown("metric", name, known)
    chosen = name or formatting.main_metric(known)
    if chosen is None:
        raise UserError("the runs have no test metrics to compare; finish them first")
    return chosen


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def table(runs: Sequence[Entry]) -> list[dict[str, Any]]:
    """Put runs side by side.

    Args:
        runs: finished ones; equal names are allowed.

    Returns:
        A row per run, each with the same keys in the same order: `run`, the settings that differ,
        `test NAME` for each metric, `best validation NAME` for the main one, `parameters`,
        `epochs trained`, `seconds`. What a run lacks is `None`.
    """
    settings = differing(runs)
    main = metric(runs)
    tests = sorted(results(runs), key=lambda name: name != main)
    rows = []
    for run in runs:
        row = {"run": run.name, **{name: run.settings.get(name) for name in settings}}
        row |= {f"test {name}": run.metrics.get(name) for name in tests}
        row[f"best validation {main}"] = _best_validation(run, main)
        row["parameters"] = run.metrics.get("parameters")
        rows.append({**row, "epochs trained": len(run.history) or None, "seconds": run.seconds})
    return rows


def _best_validation(run: Entry, name: str) -> float | None:
    validation = curve(run.history, name).validation
    finite = validation[np.isfinite(validation)]
    if not len(finite):
        return None
    return float(finite.min() if formatting.lower_is_better(name) else finite.max())


def labels(runs: Sequence[Entry]) -> list[str]:
    """Name each run by the settings that set it apart, or by its own name where they do not."""
    settings = differing(runs)
    texts = [
        ", ".join(f"{name}={formatting.plain(run.settings.get(name))}" for name in settings)
        for run in runs
    ]
    distinct = len(set(texts)) == len(texts) and max(map(len, texts), default=0) <= 44
    return texts if distinct and settings else [run.name for run in runs]


def groups(runs: Sequence[Entry], by: Sequence[str]) -> list[dict[str, Any]]:
    """Gather runs that are alike but for their seed.

    Args:
        runs: finished ones.
        by: the settings whose values make a group.

    Returns:
        A mapping per group, in order of appearance: `settings`, `runs` (how many), and by metric's
        name `values`, `mean` and `std` (of the sample; `None` for a single run).

    Raises:
        UserError: if no run has such a setting.
    """
    known = dict.fromkeys(name for run in runs for name in run.settings)
    for name in by:
        if name not in known:
            raise unknown("setting", name, known)
    gathered: dict[str, list[Entry]] = {}
    for run in runs:
        gathered.setdefault(repr([run.settings.get(name) for name in by]), []).append(run)
    return [_group(members, by) for members in gathered.values()]


def _group(members: list[Entry], by: Sequence[str]) -> dict[str, Any]:
    having = {
        name: [run for run in members if _is_number(run.metrics.get(name))]
        for name in results(members)
    }
    values = {name: [float(run.metrics[name]) for run in found] for name, found in having.items()}
    timed = [run.seconds for run in members if run.seconds is not None]
    if timed:
        values["seconds"] = timed
    return {
        "settings": {name: members[0].settings.get(name) for name in by},
        "runs": len(members),
        "values": values,
        "mean": {name: float(np.mean(found)) for name, found in values.items()},
        "std": {name: _deviation(found) for name, found in values.items()},
    }


def _deviation(values: Sequence[float]) -> float | None:
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def group_label(group: Mapping[str, Any]) -> str:
    """Name a group by its settings."""
    return ", ".join(
        f"{name}={formatting.plain(value)}" for name, value in group["settings"].items()
    )


def ranked(gathered: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """Order groups by the mean of a metric, the best first; those where it is not finite are left
    out.
    """
    having = [group for group in gathered if math.isfinite(group["mean"].get(name, math.nan))]
    return sorted(
        having, key=lambda group: group["mean"][name], reverse=not formatting.lower_is_better(name)
    )


def verdict(gathered: Sequence[Mapping[str, Any]], name: str) -> str:
    """Say which group is best, or that the runs do not tell.

    The two best groups are told apart by Welch's t-test at 5 %; of a single run no spread is known,
    and the sentence says so.

    Args:
        gathered: from `groups`.
        name: the metric.

    Raises:
        UserError: if the metric is finite in no group.
    """
    order = ranked(gathered, name)
    if not order:
        raise UserError(f"no run ended with a finite {formatting.label(name)} to compare")
    best = f"{formatting.label(name)} {formatting.spread(name, order[0]['mean'][name], order[0]['std'][name])}"
    best = f"{best} with {group_label(order[0])}"
    if len(order) == 1:
        return formatting.sentence(best)
    first, second = (group["values"][name] for group in order[:2])
    if min(len(first), len(second)) < 2:
        return f"Best {best}; with one run each, chance is not ruled out"
    if told_apart(first, second):
        return f"Best {best}"
    return f"Too close to call: {best}, and {group_label(order[1])} within the spread over seeds"


def told_apart(first: Sequence[float], second: Sequence[float]) -> bool:
    """Tell by Welch's t-test at 5 % whether two samples, each of at least two, have different
    means.
    """
    if len(set(first)) == len(set(second)) == 1:
        return first[0] != second[0]
    from scipy import stats

    return bool(stats.ttest_ind(first, second, equal_var=False).pvalue < 0.05)
