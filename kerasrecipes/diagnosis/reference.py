"""What simple learners reach on the same examples: below that a model underfits, and beside it the
rest of the loss is noise that no model would remove.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

FEWEST_ROWS, MOST_ROWS, MOST_COLUMNS = 40, 800, 4096
MOST_LINEAR = 64  # columns of which a linear model is solved
NEIGHBOURS = (5, 15, 40)
STEPS = 8  # of Newton's method, which converges in fewer
PARTS = 4
RIDGE = 1.0  # penalty on standardized columns, in rows
LEAST = 1e-6  # of a probability


def reference_losses(x: Any, y: Any) -> dict[str, float]:
    """Compute the loss that the best of nearest neighbours and a linear model reach on examples
    that they were not fitted to.

    Args:
        x: inputs, `(examples, …)`: columns, pixels or series; other inputs have no reference.
        y: labels, `(examples,)` or `(examples, targets)`.

    Returns:
        Loss name to its value; empty where it cannot be told.
    """
    inputs, labels = keras.tree.flatten(x), keras.tree.flatten(y)
    if len(inputs) != 1 or len(labels) != 1 or np.asarray(labels[0]).dtype.kind not in "biuf":
        return {}
    rows, targets = _sampled(np.asarray(inputs[0]), np.asarray(labels[0]))
    # Integers that are not pixels are tokens, whose distances mean nothing.
    if len(rows) < FEWEST_ROWS or rows.dtype.kind not in "fu" or rows.size == 0:
        return {}
    rows = rows.reshape(len(rows), -1).astype("float64")
    if rows.shape[1] > MOST_COLUMNS or not np.isfinite(rows).all():
        return {}
    rows = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-9)
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    return _losses(rows, targets.astype("float64")) if np.isfinite(targets).all() else {}


def _sampled(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return as many rows as can be compared, in an order that is not that of a file."""
    order = np.random.default_rng(0).permutation(len(x))[:MOST_ROWS]
    return x[order], y[order]


def _losses(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    whole = y.ndim == 1 and (y >= 0).all() and (y == np.round(y)).all() and y.max() < 1000
    found: dict[str, float] = {}
    if y.ndim == 1:
        found["mean_squared_error"] = _held_out(x, y[:, None], False)
    if whole and len(np.unique(y)) > 1:
        classes = np.eye(int(y.max()) + 1)[y.astype(int)]
        found["sparse_categorical_crossentropy"] = _held_out(x, classes, True)
        if y.max() <= 1:
            found["binary_crossentropy"] = found["sparse_categorical_crossentropy"]
    elif y.ndim == 2 and (y >= 0).all() and np.allclose(y.sum(axis=1), 1):
        found["categorical_crossentropy"] = _held_out(x, y, True)
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _held_out(x: np.ndarray, y: np.ndarray, classes: bool) -> float:
    """Return the lowest mean loss of a learner over four parts, each predicted by the others."""
    parts = np.arange(len(x)) % PARTS
    losses: dict[str, list[float]] = {}
    for part in range(PARTS):
        held, fitted = parts == part, parts != part
        for name, found in _predictions(x[fitted], y[fitted], x[held], classes):
            if classes:
                shares = np.clip(found, LEAST, 1)
                shares /= shares.sum(axis=1, keepdims=True)
                loss = float(-(y[held] * np.log(shares)).sum(axis=1).mean())
            else:
                loss = float(((y[held] - found) ** 2).mean())
            losses.setdefault(name, []).append(loss)
    return min(float(np.mean(values)) for values in losses.values())


def _predictions(
    x: np.ndarray, y: np.ndarray, asked: np.ndarray, classes: bool
) -> list[tuple[str, np.ndarray]]:
    """Return what each learner predicts for `asked`, `(rows, targets)`."""
    distances = (asked**2).sum(axis=1)[:, None] + (x**2).sum(axis=1) - 2 * asked @ x.T
    nearest = np.argsort(distances, axis=1)
    base = y.mean(axis=0)
    found = []
    for count in NEIGHBOURS:
        if count < len(x):
            # One more neighbour, who is like everybody: no share is zero.
            votes = (y[nearest[:, :count]].sum(axis=1) + base) / (count + 1)
            found.append((f"{count} neighbours", votes))
    if x.shape[1] <= MOST_LINEAR:
        found.append(("linear", _linear(x, y, asked, classes)))
    return found


def _linear(x: np.ndarray, y: np.ndarray, asked: np.ndarray, classes: bool) -> np.ndarray:
    """Return the predictions of ridge regression, or of a logistic regression for each class."""
    x, asked = (np.column_stack([np.ones(len(rows)), rows]) for rows in (x, asked))
    penalty = RIDGE * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    if not classes:
        return asked @ np.linalg.solve(x.T @ x + penalty, x.T @ y)
    scores = []
    for one in (y.T[1:] if y.shape[1] == 2 else y.T)[:10]:
        weights = np.zeros(x.shape[1])
        for _ in range(STEPS):
            shares = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
            curvature = (x.T * np.maximum(shares * (1 - shares), 1e-4)) @ x + penalty
            slope = x.T @ (shares - one) + penalty @ weights
            weights = weights - np.linalg.solve(curvature, slope)
        scores.append(1 / (1 + np.exp(-np.clip(asked @ weights, -30, 30))))
    if y.shape[1] == 2:
        return np.column_stack([1 - scores[0], scores[0]])
    shares = np.zeros((len(asked), y.shape[1]))
    shares[:, : len(scores)] = np.transpose(scores)
    return shares
