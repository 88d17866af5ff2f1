"""Metrics of grades that have an order: how far off a grade is, and agreement by kappa."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops


def grades_of(outputs: np.ndarray, count: int) -> np.ndarray:
    """Return the grade that outputs mean: the median of probabilities, the nearest to a number.

    The median has the least expected distance to the true grade, as the most probable one has the
    greatest chance to be it.

    Args:
        outputs: probabilities `(examples, grades)`, or numbers `(examples, 1)`.
        count: number of grades.

    Returns:
        Indices, `(examples,)`.
    """
    outputs = np.asarray(outputs, np.float64)
    if outputs.shape[-1] == 1:
        # Halves go up; NumPy's would go to the even grade.
        return np.clip(np.floor(outputs[:, 0] + 0.5), 0, count - 1).astype(np.int64)
    return (outputs.cumsum(axis=-1)[:, :-1] < 0.5).sum(axis=-1)


def ordinal_metrics(truth: np.ndarray, given: np.ndarray, count: int) -> dict[str, float]:
    """Compute how well grades agree.

    Args:
        truth: indices of the true grades, `(examples,)`.
        given: those that were given, likewise.
        count: number of grades.

    Returns:
        `qwk`, quadratic weighted kappa, 1 for agreement and 0 for that of chance; `mae`, the mean
        distance in grades; `accuracy`; and `within_one`, the share that is off by at most one.
    """
    from sklearn.metrics import cohen_kappa_score

    off = np.abs(truth - given)
    same = len(np.unique(np.concatenate([truth, given]))) < 2  # kappa has no meaning there
    kappa = cohen_kappa_score(truth, given, weights="quadratic", labels=np.arange(count))
    return {
        "qwk": 1.0 if same else float(kappa),
        "mae": float(off.mean()),
        "accuracy": float((off == 0).mean()),
        "within_one": float((off <= 1).mean()),
    }


@keras.saving.register_keras_serializable(package="kerasrecipes")
class GradeError(keras.metrics.Mean):
    """Mean distance between the true grade and the one that the outputs mean, see `grades_of`.

    Args:
        count: number of grades.
        name: name of the metric.
        dtype: of its result.
    """

    def __init__(self, count: int, name: str = "mae", dtype: Any = None):
        super().__init__(name=name, dtype=dtype)
        self.count_of_grades = count

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Add a batch.

        Args:
            y_true: indices of the grades, `(batch,)` or `(batch, 1)`.
            y_pred: probabilities `(batch, grades)`, or numbers `(batch, 1)`.
            sample_weight: `(batch,)` or `None`.

        Returns:
            What `keras.metrics.Mean` returns.
        """
        y_pred = ops.cast(ops.convert_to_tensor(y_pred), "float32")
        if y_pred.shape[-1] == 1:
            given = ops.clip(ops.floor(y_pred[:, 0] + 0.5), 0, self.count_of_grades - 1)
        else:
            low = ops.cumsum(y_pred, axis=-1)[:, :-1] < 0.5
            given = ops.sum(ops.cast(low, "float32"), axis=-1)
        truth = ops.reshape(ops.cast(ops.convert_to_tensor(y_true), "float32"), (-1,))
        return super().update_state(ops.abs(given - truth), sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "count": self.count_of_grades}
