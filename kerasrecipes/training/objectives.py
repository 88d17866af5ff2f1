"""Objectives as Keras takes them: losses and metrics of one output, of several, or of none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kerasrecipes import heads, plugins
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.losses.labelled import LabelledLoss
from kerasrecipes.metrics.labelled import KINDS, LabelledMetric, is_there
from kerasrecipes.recipe import Objective

# Keras decides by the labels what "accuracy" is, and cannot see them behind a mask.
ACCURACIES = {
    "flags": keras.metrics.BinaryAccuracy,
    "classes": keras.metrics.SparseCategoricalAccuracy,
    "one_hot": keras.metrics.CategoricalAccuracy,
}
# Names that Keras knows in `compile` alone, where it sees the labels.
_IN_COMPILE = ("accuracy", "acc", "crossentropy", "ce")


def compile(model: keras.Model, objective: Objective, **options: Any) -> None:
    """Compile a model with the objective's losses and metrics.

    Args:
        model: the model.
        objective: loss to minimise and metrics to report.
        options: further arguments of `model.compile`.

    Raises:
        UserError: if the objective names an output that the model does not have.
    """
    weights = objective.loss_weights
    outputs = outputs_of(objective)
    named = getattr(model, "output", None) if outputs else None
    known = list(named) if isinstance(named, dict) else getattr(model, "output_names", outputs)
    for name in outputs:
        if name not in known:
            raise unknown("output of the model", name, known)
    if weights is not None:
        options["loss_weights"] = {output: weights.get(output, 1.0) for output in outputs}
    # No metrics at all are none of Keras's: an empty list would have to have one for each output.
    model.compile(loss=losses(objective), metrics=metrics(objective) or None, **options)


def outputs_of(objective: Objective) -> list[str]:
    """Return the names of an objective's outputs, in order; empty where there is one or none.

    Raises:
        UserError: if its parts do not name the same outputs.
    """
    rows = _rows(objective)
    names = [name for name in rows if name]
    for part in (objective.loss, objective.metrics):
        names += [name for name in (part if isinstance(part, Mapping) else ()) if name not in names]
    missing = objective.missing_labels
    for asked in (objective.loss_weights or (), missing if isinstance(missing, Sequence) else ()):
        for name in asked:
            if name not in names:
                raise unknown("output of the objective", name, names)
    return names


def losses(objective: Objective) -> Any:
    """Return what `compile(loss=…)` takes: a loss, losses by output, or `None` for the model's own.

    Raises:
        UserError: if labels may be missing whose kind is not known.
    """
    rows, outputs = _rows(objective), outputs_of(objective)
    if not outputs:
        given = objective.loss if objective.loss is not None else _row(rows, "", "loss")
        return _loss(objective, "", rows.get(""), given)
    own = objective.loss if isinstance(objective.loss, Mapping) else {}
    found = {name: own.get(name, _row(rows, name, "loss")) for name in outputs}
    return {name: _loss(objective, name, rows.get(name), loss) for name, loss in found.items()}


def metrics(objective: Objective) -> Any:
    """Return what `compile(metrics=…)` takes: a list, or lists by output."""
    rows, outputs = _rows(objective), outputs_of(objective)
    if not outputs:
        given = objective.metrics if objective.metrics is not None else _row(rows, "", "metrics")
        assert not isinstance(given, Mapping), "one output has a list of metrics"
        return [_metric(objective, "", rows.get(""), metric) for metric in given or ()]
    own = objective.metrics if isinstance(objective.metrics, Mapping) else {}
    found = {name: own.get(name, _row(rows, name, "metrics")) or () for name in outputs}
    return {
        name: [_metric(objective, name, rows.get(name), metric) for metric in given]
        for name, given in found.items()
    }


def metric_names(objective: Objective) -> list[str]:
    """Return the names of the metrics that an objective adds to the loss, as a row has them."""
    found = metrics(objective)
    if isinstance(found, dict):
        named = {f"{output}_{_name(m)}": None for output, group in found.items() for m in group}
        return [*named, *(f"{output}_loss" for output in found)]
    return [_name(metric) for metric in found]


def headline(objective: Objective, names: Sequence[str]) -> str:
    """Return the metric that people ask for first.

    Args:
        objective: whose `headline` goes before its first metric.
        names: of the metrics that there are; it is the first that is no loss of one of them, if
            the objective names none, and else the first loss.
    """
    wanted = [name for name in (objective.headline, *metric_names(objective)) if name]
    ignored = ("epoch", "loss", "val_loss", "learning_rate", "seconds")
    others = [name for name in names if name not in ignored and not name.startswith("val_")]
    no_losses = [name for name in others if not name.endswith("_loss")]
    found = [name for name in wanted if name in names] + no_losses
    return (found + (["loss"] if "loss" in names else others) + ["loss"])[0]


def _rows(objective: Objective) -> dict[str, str]:
    """Return the table's row of each output, by name; of a single output under an empty name."""
    if objective.task is None:
        return {}
    return heads.by_output(objective.task) if ":" in objective.task else {"": objective.task}


def _row(rows: Mapping[str, str], name: str, part: str) -> Any:
    return getattr(heads.find(rows[name]), part) if name in rows else None


def _misses(objective: Objective, output: str) -> bool:
    missing = objective.missing_labels
    return missing if isinstance(missing, bool) else output in missing


def missing_as_nan(objective: Objective, labels: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels of several outputs, those that are missing as NaN.

    Args:
        objective: which tells whose labels may be missing, and of what kind they are.
        labels: by output, `(examples, …)`.

    Returns:
        By output; of the labels' type where none may be missing, else of floats.
    """
    rows, found = _rows(objective), dict(labels)
    for name in found:
        kind = KINDS.get(rows.get(name, ""))
        if kind is not None and _misses(objective, name):
            values = np.asarray(found[name])
            there = keras.ops.convert_to_numpy(is_there(values, kind))
            there = there[..., None] if there.ndim < values.ndim else there
            found[name] = np.where(there, values, np.float32("nan"))
    return found


def _kind(row: str | None) -> Any:
    if row not in KINDS:
        raise UserError(
            f"labels can be missing where the objective has one of the tasks {', '.join(KINDS)}; "
            f"received {row or 'none'}"
        )
    return KINDS[row]


def _loss(objective: Objective, output: str, row: str | None, loss: Any) -> Any:
    made = loss() if callable(loss) else loss
    return LabelledLoss(made, _kind(row)) if _misses(objective, output) and made else made


def _metric(
    objective: Objective, output: str, row: str | None, metric: str | Callable[[], Any]
) -> Any:
    if isinstance(metric, str) and not _is_keras(metric):
        metric = plugins.metric(metric) or metric
    made = metric() if callable(metric) and not hasattr(metric, "name") else metric
    if not _misses(objective, output):
        return made
    kind = _kind(row)
    if isinstance(made, str):
        name = made
        known = ACCURACIES.get(kind) if name == "accuracy" else None
        made = known() if known else keras.metrics.get(name)
        return LabelledMetric(made, kind, name=name)
    return LabelledMetric(made, kind)


def _is_keras(name: str) -> bool:
    """Return whether Keras has a metric of this name."""
    if name in _IN_COMPILE:
        return True
    try:
        keras.metrics.get(name)
    except ValueError:
        return False
    except TypeError:  # one of those that take arguments
        pass
    return True


def _name(metric: Any) -> str:
    return metric if isinstance(metric, str) else metric.name
