"""Metrics of a classifier from its outputs: precision, recall, F1, balanced accuracy, ROC AUC,
average precision, log loss and calibration error.

What is averaged over classes is the plain mean, in which a rare class counts as much as a frequent
one ("macro"). Rankings, ROC AUC and average precision, are of the second of two classes, as
scikit-learn has them, and of more classes the mean over each against the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerasrecipes.metrics.calibration import calibration_error

# The names that `class_metrics` gives beside accuracy, in their order.
BY_LABEL = ("macro_f1", "macro_precision", "macro_recall", "balanced_accuracy")
BY_RANK = ("roc_auc", "average_precision")
BY_PROBABILITY = ("log_loss", "calibration_error")

_LEAST = 1e-7  # of a probability in the log loss, as in Keras


def class_metrics(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Compute the metrics of a classifier that gives one class to each example.

    Args:
        truth: `(examples,)`, class indices.
        probabilities: `(examples, classes)`, each row summing to 1.

    Returns:
        `accuracy` and those of `BY_LABEL`, `BY_RANK` and `BY_PROBABILITY`; a metric that the
        examples do not define, such as ROC AUC where all are of one class, is left out.
    """
    predicted = probabilities.argmax(axis=1)
    chosen = probabilities[np.arange(len(truth)), truth]
    return {
        **label_metrics(truth, predicted, probabilities.shape[1]),
        **rank_metrics(truth, probabilities),
        "log_loss": float(-np.log(np.clip(chosen, _LEAST, 1)).mean()),
        "calibration_error": calibration_error(probabilities.max(axis=1), predicted == truth),
    }


def label_metrics(truth: np.ndarray, predicted: np.ndarray, classes: int) -> dict[str, float]:
    """Compute what follows from the predicted labels alone.

    Args:
        truth: `(examples,)`, class indices.
        predicted: likewise.
        classes: their number.

    Returns:
        `accuracy` and those of `BY_LABEL`, over the classes that occur; a balanced accuracy is the
        mean recall of the classes that have examples.
    """
    rows = _by_class(truth, predicted, classes)
    occurs = (rows["examples"] > 0) | (rows["predicted"] > 0)
    means = {name: float(rows[name][occurs].mean()) for name in ("f1", "precision", "recall")}
    return {
        "accuracy": float((truth == predicted).mean()),
        **{f"macro_{name}": value for name, value in means.items()},
        "balanced_accuracy": float(rows["recall"][rows["examples"] > 0].mean()),
    }


def rank_metrics(truth: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Compute how well scores rank the examples of a class before all others.

    Args:
        truth: `(examples,)`, class indices.
        scores: `(examples, classes)`, higher for a class that is more likely.

    Returns:
        Those of `BY_RANK`, over the classes that have examples and counterexamples; empty if none
        has.
    """
    classes = range(scores.shape[1]) if scores.shape[1] > 2 else (scores.shape[1] - 1,)
    found = [_ranking(truth == number, scores[:, number]) for number in classes]
    means = np.array([row for row in found if row is not None])
    return dict(zip(BY_RANK, means.mean(axis=0).tolist(), strict=True)) if len(means) else {}


def by_class(
    truth: np.ndarray, predicted: np.ndarray, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Compute precision, recall and F1 of each class.

    Args:
        truth: `(examples,)`, class indices.
        predicted: likewise.
        names: of the classes.

    Returns:
        By class `precision`, `recall` and `f1`, 0 where they have no denominator, and `examples`,
        how many there are.
    """
    rows = _by_class(truth, predicted, len(names))
    return {
        name: {
            **{metric: float(rows[metric][number]) for metric in ("precision", "recall", "f1")},
            "examples": int(rows["examples"][number]),
        }
        for number, name in enumerate(names)
    }


def multilabel_metrics(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Compute the metrics of a classifier that says yes or no to several labels, means over these.

    Args:
        truth: `(examples, labels)`, 0 or 1.
        probabilities: likewise, of yes.

    Returns:
        `binary_accuracy`, `macro_f1`, `macro_precision`, `macro_recall`, and those of `BY_RANK`.
    """
    truth, predicted = truth > 0.5, probabilities > 0.5
    found: dict[str, float] = {"binary_accuracy": float((truth == predicted).mean())}
    rows = by_label(truth, predicted, [str(number) for number in range(truth.shape[1])]).values()
    for name in ("f1", "precision", "recall"):
        found[f"macro_{name}"] = float(np.mean([row[name] for row in rows]))
    ranked = [_ranking(truth[:, n], probabilities[:, n]) for n in range(truth.shape[1])]
    means = np.array([row for row in ranked if row is not None])
    return found | (
        dict(zip(BY_RANK, means.mean(axis=0).tolist(), strict=True)) if len(means) else {}
    )


def by_label(
    truth: np.ndarray, predicted: np.ndarray, names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Compute precision, recall and F1 of each of several labels that an example may have.

    Args:
        truth: `(examples, labels)`, whether an example has the label.
        predicted: likewise.
        names: of the labels.

    Returns:
        By label what `by_class` gives for the examples that have it.
    """
    return {
        # The second of the classes no and yes.
        name: by_class(truth[:, n].astype(int), predicted[:, n].astype(int), ("no", "yes"))["yes"]
        for n, name in enumerate(names)
    }


def both_classes(outputs: np.ndarray) -> np.ndarray | None:
    """Return outputs with a column for each class.

    Args:
        outputs: `(examples, classes)`, or the probability of the second of two classes,
            `(examples,)` or `(examples, 1)`.

    Returns:
        `(examples, classes)`; `None` if they have more axes.
    """
    if outputs.ndim == 1 or (outputs.ndim == 2 and outputs.shape[1] == 1):
        second = outputs.reshape(-1)
        outputs = np.stack([1 - second, second], axis=1)
    return outputs if outputs.ndim == 2 else None


def are_probabilities(outputs: np.ndarray) -> bool:
    """Return whether rows of outputs are probabilities, as logits and amounts are not.

    Args:
        outputs: `(examples, classes)`.
    """
    # The tolerances are for rounding.
    proper = len(outputs) > 0 and np.isfinite(outputs).all() and outputs.min() >= -1e-6
    return bool(proper and np.allclose(outputs.sum(axis=1), 1, atol=0.02))


def class_indices(labels: np.ndarray, classes: int) -> np.ndarray | None:
    """Return labels as class indices, `(examples,)`; `None` if they are of another kind.

    Args:
        labels: class indices, `(examples,)` or `(examples, 1)`, or one-hot rows.
        classes: their number.
    """
    if labels.ndim == 2 and labels.shape[1] == classes and classes > 1:
        return labels.argmax(axis=1)
    labels = labels.reshape(-1) if labels.ndim == 2 and labels.shape[1] == 1 else labels
    # Labels with fractions belong to a regression.
    if labels.ndim != 1 or not len(labels) or not np.equal(np.mod(labels, 1), 0).all():
        return None
    return labels.astype(int) if labels.min() >= 0 and labels.max() < classes else None


def _by_class(truth: np.ndarray, predicted: np.ndarray, classes: int) -> dict[str, np.ndarray]:
    counts = np.bincount(truth, minlength=classes)
    given = np.bincount(predicted, minlength=classes)
    right = np.bincount(truth[truth == predicted], minlength=classes)
    return {
        "examples": counts,
        "predicted": given,
        "precision": right / np.maximum(given, 1),
        "recall": right / np.maximum(counts, 1),
        # The harmonic mean of both, without a division by 0.
        "f1": 2 * right / np.maximum(counts + given, 1),
    }


def _ranking(positive: np.ndarray, scores: np.ndarray) -> tuple[float, float] | None:
    if positive.all() or not positive.any():
        return None
    from sklearn import metrics

    return (
        float(metrics.roc_auc_score(positive, scores)),
        float(metrics.average_precision_score(positive, scores)),
    )
