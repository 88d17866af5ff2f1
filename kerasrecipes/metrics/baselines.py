"""Baselines: what a model that has learned nothing from the inputs would reach.

A classifier's is the most frequent class of the training labels, its probabilities their shares; a
regression's the mean. They are judged by the same metrics on the same examples as the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasrecipes.metrics.intervals import wilson
from kerasrecipes.metrics.task_metrics import ACCURACY, ONE_CLASS

if TYPE_CHECKING:
    from kerasrecipes.recipe import Evaluation

# Under these shares the rarest class makes accuracy flatter: under 20 %, and clearly under its even
# share, which of ten equal classes is 10 %.
RARE, UNEVEN = 0.2, 0.75

_MOST_SEQUENCES = 4096  # of the training split, whose tokens are counted
_MOST_NUMBERS = 20_000  # of an answer that is written to `metrics.json`


@dataclass(frozen=True)
class Baseline:
    """What is answered without a look at the inputs, or by a rule that people would try first.

    Args:
        name: such as `majority class`, as it stands beside the model's metric.
        answer: the same for every example, in the form of the model's outputs.
        outputs: `(examples, …)`, where answers differ from example to example.
        metrics: by name, where they are known without answers.
        advice: what to try where a model stays behind.
    """

    name: str
    answer: np.ndarray | None = None
    outputs: Any = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    advice: str = ""

    def outputs_for(self, count: int) -> Any:
        """Return the answers for examples, `(count, …)`; `None` if only metrics are known."""
        if self.answer is None:
            return self.outputs
        return np.broadcast_to(self.answer, (count, *self.answer.shape))

    def as_dict(self) -> dict[str, Any]:
        """Return name and answer as values that JSON has; an answer of many numbers is left out."""
        found: dict[str, Any] = {"name": self.name}
        if self.answer is not None and self.answer.size <= _MOST_NUMBERS:
            found["answer"] = self.answer.tolist()
        return found | ({"advice": self.advice} if self.advice else {})

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Baseline:
        """Restore the object from `as_dict`."""
        answer = values.get("answer")
        return cls(values["name"], None if answer is None else np.asarray(answer, np.float64))


def constant(
    task: str, labels: Any, classes: Sequence[str] | None = None, weight: Any = None
) -> Baseline | None:
    """Return the best constant answer that the training labels give.

    Args:
        task: a row of `kerasrecipes.heads`.
        labels: of the training examples, `(examples, …)`.
        classes: their names.
        weight: `(examples,)`, 0 where the label is hidden from the training.

    Returns:
        The baseline; `None` for tasks without one.
    """
    if not isinstance(labels, np.ndarray) or not len(labels):
        return None
    if isinstance(weight, np.ndarray) and weight.ndim == 1 and (weight == 0).any():
        labels = labels[weight > 0]
    if task == "regression":
        columns = labels.reshape(-1, 1) if labels.ndim == 1 else labels
        return Baseline("mean", columns.mean(axis=0, dtype=np.float64))
    if task == "multilabel":
        return Baseline("majority of each label", labels.mean(axis=0, dtype=np.float64))
    counts = class_counts(task, labels, len(classes or ()))
    if counts is None:
        return None
    shares = counts / counts.sum()
    if task == "signed":
        return Baseline("majority class", np.array([1.0 if shares[1] >= 0.5 else -1.0]))
    return Baseline("majority class", shares)


def frequent_token(evaluation: Evaluation) -> Baseline | None:
    """Return the baseline that says the most frequent token of the training targets everywhere.

    Args:
        evaluation: of sequences of tokens; without its training split the judged split tells which
            token is frequent.
    """
    labels = evaluation.labels
    if not isinstance(labels, np.ndarray) or labels.ndim != 2 or labels.dtype.kind not in "iu":
        return None
    known = labels
    if evaluation.train is not None and len(evaluation.train):
        some = np.arange(min(len(evaluation.train), _MOST_SEQUENCES))
        known = evaluation.train.take(some)[1]
    counts = np.bincount(known[known > 0])  # 0 is padding
    if not len(counts):
        return None
    share = float((labels[labels > 0] == counts.argmax()).mean())
    return Baseline("most frequent token", metrics={"accuracy": share})


def class_counts(task: str, labels: np.ndarray, classes: int) -> np.ndarray | None:
    """Count the examples of each class.

    Args:
        task: a row of `kerasrecipes.heads`.
        labels: class indices, one-hot rows, -1 and +1, or class indices of each entry of a
            sequence, negative where there is none.
        classes: their number; 0 if it is not known.

    Returns:
        `(classes,)`; `None` for tasks without one class per example or entry.
    """
    if task not in ONE_CLASS or not classes:
        return None
    if task == "signed":
        labels = labels > 0
    elif labels.ndim == 2 and labels.shape[1] == classes and labels.dtype.kind == "f":
        # Rows that mixup has softened count in parts.
        return labels.sum(axis=0, dtype=np.float64)
    numbers = labels.reshape(-1).astype(np.int64)
    numbers = numbers[numbers >= 0]
    counts = np.bincount(numbers, minlength=classes).astype(np.float64)
    return counts if len(counts) == classes and counts.sum() > 0 else None


def headline(
    task: str,
    labels: Any,
    classes: int,
    known: Sequence[str],
    default: str,
    *,
    drawn: bool = False,
) -> str:
    """Choose the metric that says fairly how good a model is.

    Span F1 where there are spans; of classifiers accuracy, but macro F1 where the rarest class has
    under 20 % of the training examples and under three quarters of its even share; of regressions
    the mean absolute error.

    Args:
        task: a row of `kerasrecipes.heads`.
        labels: of the training examples.
        classes: number of classes.
        known: metrics that the model has.
        default: what else is chosen.
        drawn: whether the examples are some of those that there are; then a class is rare only if
            its share is so low beyond chance, and a learning curve has one headline.

    Returns:
        One of the names, or the default.
    """
    wanted = [default]
    if task in ACCURACY:
        wanted = [ACCURACY[task], default]
        rare = isinstance(labels, np.ndarray) and _rare(task, labels, classes, drawn)
        wanted = ["macro_f1", *wanted] if rare else wanted
    elif task == "regression":
        wanted = ["mean_absolute_error", default]
    return next((name for name in ("span_f1", *wanted) if name in known), default)


def _rare(task: str, labels: np.ndarray, classes: int, drawn: bool) -> bool:
    if task == "multilabel":
        yes = labels.mean(axis=0)
        return bool(np.minimum(yes, 1 - yes).min() < RARE)
    counts = class_counts(task, labels, classes)
    if counts is None:
        return False
    shares = counts[counts > 0] / counts.sum()
    least = shares.min()
    if drawn:
        # The rarest of ten even classes is often below its share: the interval is a wide one.
        least = wilson(float(least), int(counts.sum()), deviations=2.6)[1]
    return bool(least < min(RARE, UNEVEN / len(shares)))
