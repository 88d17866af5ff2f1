"""What a run's metrics say in a line: the headline with its baseline, and the loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kerasrecipes.metrics.names import label, main_metric, maximizes, printed, with_unit


def headline_of(metrics: Mapping[str, Any]) -> str | None:
    """Return the metric that says how good a run's model is.

    Args:
        metrics: content of a run's `metrics.json`.

    Returns:
        Its name; `None` if the test split has no metrics.
    """
    name, test = metrics.get("main_metric"), metrics.get("test") or {}
    # Runs of earlier versions name the metric that was trained with.
    return name if name in test else main_metric(test)


def sentence(metrics: Mapping[str, Any], bold: str = "{}") -> str:
    """Write the result on the test split in a line.

    Args:
        metrics: content of a run's `metrics.json`.
        bold: marks the headline's value, `{}` stands for it.

    Returns:
        Such as `macro F1 71.25 %, baseline 44.56 % (majority class), loss 0.312`.
    """
    test, name = metrics.get("test") or {}, headline_of(metrics)
    if name is None:
        return "no test examples"
    value = with_unit(name, printed(name, test[name]), metrics.get("unit"))
    text = f"{label(name)} {bold.format(value)}"
    if other := baseline_of(metrics):
        text += f", {other}"
    if "loss" in test and name != "loss":
        text += f", loss {printed('loss', test['loss'])}"
    return text


def baseline_of(metrics: Mapping[str, Any]) -> str | None:
    """Write the headline's value that the baseline reaches.

    Args:
        metrics: content of a run's `metrics.json`.

    Returns:
        Such as `baseline 44.56 % (majority class)`; `None` if there is none.
    """
    name, baseline = headline_of(metrics), metrics.get("baseline") or {}
    value = baseline.get("test", {}).get(name)
    if name is None or value is None:
        return None
    return f"baseline {printed(name, value)} ({baseline['name']})"


def ordered(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the metrics on the test split, the headline first and the loss behind it.

    Args:
        metrics: content of a run's `metrics.json`.
    """
    test, name = metrics.get("test") or {}, headline_of(metrics)
    first = [name, "loss"] if name else []
    return {key: test[key] for key in dict.fromkeys([*first, *test]) if key in test}


def beaten(metrics: Mapping[str, Any]) -> bool | None:
    """Return whether a run's model is better than its baseline; `None` if there is none.

    Args:
        metrics: content of a run's `metrics.json`.
    """
    name = headline_of(metrics)
    ours = (metrics.get("test") or {}).get(name)
    theirs = (metrics.get("baseline") or {}).get("test", {}).get(name)
    if name is None or ours is None or theirs is None:
        return None
    return bool(ours > theirs if maximizes(name) else ours < theirs)
