"""The metrics of a kind of task, computed from a model's outputs in one place.

What runs, reports, `evaluate`, `compare` and `--monitor` say of a model is measured here, and what
they say of its baseline by the same functions. Tasks are the rows of `kerasrecipes.heads`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasrecipes.metrics import classification, regression

# What Keras calls the accuracy of each kind of labels.
ACCURACY = {
    "signed": "sign_accuracy",
    "binary": "accuracy",
    "multiclass": "accuracy",
    "multiclass_one_hot": "accuracy",
    "multilabel": "binary_accuracy",
}
ONE_CLASS = ("signed", "binary", "multiclass", "multiclass_one_hot")  # per example


def names(task: str) -> tuple[str, ...]:
    """Return the metrics that `measure` can give for a task, in their order.

    Args:
        task: a row of `kerasrecipes.heads`, or `"output: row, output: row"`.
    """
    if ":" in task:
        return tuple(
            f"{output}_{name}" for output, row in _outputs(task).items() for name in names(row)
        )
    ranked = (*classification.BY_LABEL, *classification.BY_RANK)
    if task == "regression":
        return regression.NAMES
    if task == "multilabel":
        return (ACCURACY[task], *classification.BY_LABEL[:3], *classification.BY_RANK)
    if task not in ACCURACY:
        return ()
    more = () if task == "signed" else classification.BY_PROBABILITY
    return (ACCURACY[task], *ranked, *more)


def measure(
    task: str,
    labels: Any,
    outputs: Any,
    *,
    classes: Sequence[str] | None = None,
    targets: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Compute the metrics of a task from a model's outputs.

    Args:
        task: a row of `kerasrecipes.heads`, or `"output: row, output: row"`.
        labels: `(examples, …)`, as the task has them, by output where there are several.
        outputs: `(examples, …)`, what the model gave.
        classes: their names.
        targets: names of the numbers or labels that are predicted.

    Returns:
        Metrics by name; besides `by_class`, or of several targets `by_target`, each with metrics by
        name. Empty where labels and outputs are not those of the task, such as of sequences, or the
        outputs are not finite.
    """
    if ":" in task:
        return _measure_outputs(task, labels, outputs)
    if task not in (*ACCURACY, "regression") or not all(
        isinstance(array, np.ndarray) and len(array) for array in (labels, outputs)
    ):
        return {}
    if len(labels) != len(outputs) or not np.isfinite(outputs).all():
        return {}
    outputs = outputs.astype(np.float64)
    if task == "regression":
        if labels.size != outputs.size:
            return {}
        found: dict[str, Any] = dict(regression.regression_metrics(labels, outputs))
        if targets and labels.ndim == 2 and labels.shape[1] == len(targets) > 1:
            found["by_target"] = regression.by_target(labels, outputs, targets)
        return found
    if task == "multilabel":
        if labels.ndim != 2 or labels.shape != outputs.shape:
            return {}
        named = targets or [str(number) for number in range(labels.shape[1])]
        by_class = classification.by_label(labels > 0.5, outputs > 0.5, named)
        return {**classification.multilabel_metrics(labels, outputs), "by_class": by_class}
    return _one_class(task, labels, outputs, classes)


def _outputs(task: str) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in task.split(","))
    return {output.strip(): row.strip() for output, row in pairs}


def _measure_outputs(task: str, labels: Any, outputs: Any) -> dict[str, Any]:
    if not (isinstance(labels, dict) and isinstance(outputs, dict)):
        return {}
    found: dict[str, Any] = {}
    for output, row in _outputs(task).items():
        if output in labels and output in outputs:
            own = measure(row, np.asarray(labels[output]), np.asarray(outputs[output]))
            found |= {f"{output}_{name}": v for name, v in own.items() if not isinstance(v, dict)}
    return found


def _one_class(
    task: str, labels: np.ndarray, outputs: np.ndarray, classes: Sequence[str] | None
) -> dict[str, Any]:
    if task == "signed":
        # The score of the other class is the negative: the border is 0, which counts as +1.
        scores = np.stack([-outputs.reshape(-1), outputs.reshape(-1)], axis=1)
        predicted: np.ndarray = (scores[:, 1] >= 0).astype(int)
        labels = np.maximum(labels, 0)
    else:
        two_sided = classification.both_classes(outputs)
        if two_sided is None:
            return {}
        scores, predicted = two_sided, two_sided.argmax(axis=1)
    truth = classification.class_indices(labels, scores.shape[1])
    if truth is None or len(truth) != len(scores):
        return {}
    if task != "signed" and classification.are_probabilities(scores):
        found = classification.class_metrics(truth, scores)
    else:
        found = classification.label_metrics(truth, predicted, scores.shape[1])
        found |= classification.rank_metrics(truth, scores)
    found = {ACCURACY[task] if name == "accuracy" else name: v for name, v in found.items()}
    named = [str(name) for name in classes or ()]
    if len(named) != scores.shape[1]:
        named = [str(number) for number in range(scores.shape[1])]
    return {**found, "by_class": classification.by_class(truth, predicted, named)}
