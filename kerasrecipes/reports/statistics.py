"""Statistics of runs side by side: which settings differ, the results by group, and significance
over seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.metrics.names import label, main_metric, maximizes
from kerasrecipes.reports import formatting
from kerasrecipes.reports.curves import curve

# Numbers among the metrics that do not tell how good the model is.
_COUNTS = {"parameters", "epochs", "epoch", "best_epoch", "steps", "examples", "flops"}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A run's part in a comparison, as plain values.

    Args:
        name: unique among the runs.
        settings: all settings, by name.
        metrics: metrics on the test split; `parameters` may be among them.
        history: a row per epoch.
        seconds: duration of the training; `None` if it is unknown.
        lines: metrics on the test split as functions of something, by name: `(x, value)` in
            ascending order.
        validation: metrics on the validation split, by which runs are ranked.
        main_metric: its headline; `None` if it names none.
        baseline: metrics of its baseline on the test split.
        examples: number of training examples; `None` if it is unknown.
    """

    name: str
    settings: Mapping[str, Any]
    metrics: Mapping[str, Any]
    history: Sequence[Mapping[str, float]] = ()
    seconds: float | None = None
    lines: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    validation: Mapping[str, Any] = field(default_factory=dict)
    main_metric: str | None = None
    baseline: Mapping[str, Any] = field(default_factory=dict)
    examples: int | None = None


def differing(runs: Sequence[Entry]) -> list[str]:
    """List the settings that are not the same in all runs; a missing one differs from any value."""
    names = dict.fromkeys(name for run in runs for name in run.settings)
    # repr, for lists cannot be hashed, and 1 and True are equal.
    return [name for name in names if len({repr(run.settings.get(name)) for run in runs}) > 1]


def results(runs: Sequence[Entry]) -> list[str]:
    """List the test metrics of the runs, without counts and times."""
    names = dict.fromkeys(
        name for run in runs for name, value in run.metrics.items() if _is_number(value)
    )
    return [name for name in names if name not in _COUNTS and not name.endswith("seconds")]


def metric(runs: Sequence[Entry], name: str | None = None) -> str:
    """Choose the metric by which runs are compared.

    Args:
        runs: at least one has metrics.
        name: the user's choice; by default the headline of all runs, else the main metric of those
            that they share.

    Returns:
        The metric's name.

    Raises:
        UserError: if no run has it.
    """
    known = results(runs)
    if name is not None and name not in known:
        raise unknown("metric", name, known)
    headlines = {run.main_metric for run in runs}
    shared = [one for one in known if all(one in run.metrics for run in runs)]
    # Runs of different tasks or data may have different headlines.
    if name is None and len(headlines) == 1 and headlines <= set(known):
        name = headlines.pop()
    chosen = name or main_metric(shared or known)
    if chosen is None:
        raise UserError("the runs have no test metrics to compare; finish them first")
    return chosen


def _is_number(value: Any) -> bool:
    # bool is a subclass of int.
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def table(runs: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return one row per run.

    Args:
        runs: finished ones; equal names are allowed.

    Returns:
        A row per run, each with the same keys in the same order: `run`, the settings that differ,
        `validation NAME` for the main metric, `test NAME` for each, `baseline NAME` for the main
        one where a run has it, `parameters`, `epochs trained`, `seconds`. What a run lacks is
        `None`.
    """
    settings = differing(runs)
    main = metric(runs)
    # The main metric first; the sort is stable and keeps the order of the others.
    tests = sorted(results(runs), key=lambda name: name != main)
    rows = []
    for run in runs:
        row = {"run": run.name, **{name: run.settings.get(name) for name in settings}}
        row[f"validation {main}"] = _on_validation(run, main)
        row |= {f"test {name}": run.metrics.get(name) for name in tests}
        if any(main in other.baseline for other in runs):
            row[f"baseline {main}"] = run.baseline.get(main)
        row["parameters"] = run.metrics.get("parameters")
        rows.append({**row, "epochs trained": len(run.history) or None, "seconds": run.seconds})
    return rows


def _on_validation(run: Entry, name: str) -> float | None:
    """Return a metric of the model on the validation split; of a run that has written none the best
    of its epochs.
    """
    if _is_number(run.validation.get(name)):
        return float(run.validation[name])
    validation = curve(run.history, name).validation
    finite = validation[np.isfinite(validation)]
    if not len(finite):
        return None
    return float(finite.max() if maximizes(name) else finite.min())


def labels(runs: Sequence[Entry]) -> list[str]:
    """Label each run by the settings in which it differs, or by its name if they do not suffice."""
    settings = differing(runs)
    texts = [
        ", ".join(f"{name}={formatting.plain(run.settings.get(name))}" for name in settings)
        for run in runs
    ]
    distinct = len(set(texts)) == len(texts) and max(map(len, texts), default=0) <= 44
    return texts if distinct and settings else [run.name for run in runs]


def groups(runs: Sequence[Entry], by: Sequence[str]) -> list[dict[str, Any]]:
    """Group runs that differ in nothing but their seed.

    Args:
        runs: finished ones.
        by: the settings whose values make a group.

    Returns:
        A mapping per group, in order of appearance: `settings`, `runs` (how many), and by metric's
        name `values`, `mean` and `std` (of the sample; `None` for a single run). Metrics are those
        of the test split, and as `val_NAME` those of the validation split that all runs have.

    Raises:
        UserError: if no run has such a setting.
    """
    known = dict.fromkeys(name for run in runs for name in run.settings)
    for name in by:
        if name not in known:
            raise unknown("setting", name, known)
    gathered: dict[str, list[Entry]] = {}
    for run in runs:
        # repr, for the values may be lists, which cannot be hashed.
        gathered.setdefault(repr([run.settings.get(name) for name in by]), []).append(run)
    return [_group(members, by) for members in gathered.values()]


def _group(members: list[Entry], by: Sequence[str]) -> dict[str, Any]:
    having = {
        name: [run for run in members if _is_number(run.metrics.get(name))]
        for name in results(members)
    }
    values = {name: [float(run.metrics[name]) for run in found] for name, found in having.items()}
    for name in results(members):
        judged = [value for run in members if (value := _on_validation(run, name)) is not None]
        if len(judged) == len(members):
            values[f"val_{name}"] = judged
    timed = [run.seconds for run in members if run.seconds is not None]
    if timed:
        values["seconds"] = timed
    return {
        "settings": {name: members[0].settings.get(name) for name in by},
        "runs": len(members),
        "values": values,
        "mean": {name: float(np.mean(found)) for name, found in values.items()},
        # Of the sample, over n - 1; of a single run it is unknown.
        "std": {
            name: float(np.std(found, ddof=1)) if len(found) > 1 else None
            for name, found in values.items()
        },
    }


def group_label(group: Mapping[str, Any]) -> str:
    """Label a group by its settings."""
    return ", ".join(
        f"{name}={formatting.plain(value)}" for name, value in group["settings"].items()
    )


def ranked(gathered: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    """Rank groups by the mean of a metric, the best first.

    Args:
        gathered: from `groups`.
        name: the metric.

    Returns:
        The groups in which the mean is finite.
    """
    having = [group for group in gathered if math.isfinite(group["mean"].get(name, math.nan))]
    return sorted(having, key=lambda group: group["mean"][name], reverse=maximizes(name))


def judged_by(gathered: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return what ranks groups: the metric on the validation split, `val_NAME`, where all have it.

    The test split is looked at once all is chosen; a winner by its figure would be flattered.

    Args:
        gathered: from `groups`.
        name: the metric.
    """
    validation = f"val_{name}"
    return validation if all(validation in group["mean"] for group in gathered) else name


def verdict(gathered: Sequence[Mapping[str, Any]], name: str) -> str:
    """Write which group is best by the validation split, or that the difference is not significant,
    with the figure of the test split beside it.

    The two best groups are compared by Welch's t-test at 5 %; a single run has no standard
    deviation, and the sentence says so.

    Args:
        gathered: from `groups`.
        name: the metric.

    Returns:
        A sentence without its full stop.

    Raises:
        UserError: if the metric is finite in no group.
    """
    judge = judged_by(gathered, name)
    order = ranked(gathered, judge)
    if not order:
        raise UserError(f"no run ended with a finite {label(judge)} to compare")
    winner = order[0]
    best = f"{label(judge)} {_value(winner, judge)} with {group_label(winner)}"
    if judge != name and name in winner["mean"]:
        best += f" (test {_value(winner, name)})"
    spread = f"; ± is the standard deviation over {winner['runs']} seeds"
    spread = spread if winner["std"][judge] is not None else ""
    if len(order) == 1:
        return formatting.sentence(best) + spread
    first, second = (group["values"][judge] for group in order[:2])
    if min(len(first), len(second)) < 2:
        return f"Best {best}{spread}; with one run each, chance is not ruled out"
    if significantly_different(first, second):
        return f"Best {best}{spread}"
    close = f"{group_label(order[1])} within the spread over seeds"
    return f"Too close to call: {best}, and {close}{spread}"


def _value(group: Mapping[str, Any], name: str) -> str:
    return formatting.spread(name, group["mean"][name], group["std"][name])


def significantly_different(first: Sequence[float], second: Sequence[float]) -> bool:
    """Return whether two samples have different means, by Welch's t-test at 5 %.

    Args:
        first: at least two values.
        second: at least two values.

    Reference:
        [The generalization of 'Student's' problem when several different population variances are
        involved](https://doi.org/10.1093/biomet/34.1-2.28) (Welch, 1947)
    """
    # Of two constant samples Welch's t would divide by 0.
    if len(set(first)) == len(set(second)) == 1:
        return first[0] != second[0]
    from scipy import stats

    # `equal_var=False` makes it Welch's; the default is Student's.
    return bool(stats.ttest_ind(first, second, equal_var=False).pvalue < 0.05)
