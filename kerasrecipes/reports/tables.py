"""Figures of models of tables: decision boundary, weights, residuals, and outliers by loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure

from kerasrecipes.data.tables.preprocessor import TablePreprocessor
from kerasrecipes.metrics.names import number, percent
from kerasrecipes.recipe import Evaluation
from kerasrecipes.reports.calibration import confidence
from kerasrecipes.reports.classification import confusion_matrix
from kerasrecipes.reports.curves import curves
from kerasrecipes.reports.formatting import counted, shortened
from kerasrecipes.reports.image_classification import worst_mistakes
from kerasrecipes.reports.style import (
    FAINT,
    INK,
    MUTED,
    PAPER,
    RIGHT,
    SERIES,
    WIDTH,
    WRONG,
    set_title,
    style,
)

_GRID = 200  # points along each feature at which the predicted class is drawn
_MOST_POINTS = 2000
_MOST_WEIGHTS = 20
_LOSSES = {"mse": "MSE", "mae": "MAE", "huber": "Huber"}
_CLASS_TASKS = ("signed", "binary", "multiclass", "multiclass_one_hot")


@style()
def decision_boundary(evaluation: Evaluation) -> Figure | None:
    """Decision boundary between the classes, with the examples; wrong ones are ringed."""
    info, classes = evaluation.info, evaluation.info.classes or ()
    features = _features(evaluation)
    is_classifier = info.task in _CLASS_TASKS
    # More classes than colours could not be told apart.
    if len(features) != 2 or not is_classifier or len(classes) > len(SERIES):
        return None
    x, truth = _drawn(evaluation)
    figure = Figure(figsize=(WIDTH * 0.72, WIDTH * 0.55))
    axes = figure.add_subplot()
    _shade_regions(axes, evaluation, x)
    right = _classes(_scores(evaluation, x)) == truth
    dot: dict[str, Any] = {"markersize": 4.5, "markeredgecolor": PAPER, "markeredgewidth": 0.5}
    ring: dict[str, Any] = {"markersize": 8, "markerfacecolor": "none", "markeredgecolor": INK}
    for index, name in enumerate(classes):
        label = shortened(str(name), 24)
        axes.plot(*x[truth == index].T, "o", color=SERIES[index], label=label, **dot)
    axes.plot(*x[~right].T, "o", markeredgewidth=1, **ring)
    axes.set(xlabel=features[0], ylabel=features[1])
    wrong = counted(int((~right).sum()), "example")
    axes.set_title(f"The boundary leaves {wrong} of {len(x):,} on the wrong side")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure


@style()
def weights(evaluation: Evaluation) -> Figure | None:
    """Weights of a model without hidden layers, per standard deviation of the feature."""
    features = _features(evaluation)
    dense = [layer for layer in evaluation.model.layers if layer.__class__.__name__ == "Dense"]
    if not features or len(dense) != 1 or dense[0].kernel.shape[0] != len(features):
        return None
    kernel = np.asarray(dense[0].get_weights()[0])  # (features, units)
    units = kernel.shape[1]
    if units > 4:
        return None
    names = (evaluation.info.classes or ()) if units > 1 else ()
    # Reversed, for barh draws from below.
    strongest = np.argsort(-np.abs(kernel).max(axis=1), kind="stable")[:_MOST_WEIGHTS][::-1]
    figure = Figure(figsize=(WIDTH, 1.2 + 0.24 * len(strongest) * max(1, units / 2)))
    axes = figure.add_subplot()
    height = 0.8 / units
    for unit in range(units):
        places = np.arange(len(strongest)) + (unit - (units - 1) / 2) * height
        label = shortened(str(names[unit]), 24) if len(names) == units else None
        axes.barh(places, kernel[strongest, unit], height, color=SERIES[unit], label=label)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(strongest)), [shortened(str(features[i]), 32) for i in strongest])
    normalized = any(layer.name == "normalize" for layer in evaluation.model.layers)
    axes.set_xlabel("weight, per standard deviation of the feature" if normalized else "weight")
    most = shortened(str(features[strongest[-1]]), 40)
    axes.set_title(f"{most} has the greatest weight of {counted(len(features), 'feature')}")
    if units > 1 and len(names) == units:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    return figure


@style()
def predicted_and_true(evaluation: Evaluation) -> Figure | None:
    """Predicted against true values, and the distribution of the residuals."""
    if evaluation.info.task != "regression":
        return None
    truth, given = np.asarray(evaluation.labels), np.asarray(evaluation.outputs)
    names = evaluation.info.targets or ()
    figure = Figure(figsize=(WIDTH, 3.9 * len(names)))
    for row, name in enumerate(names):
        left, right = (figure.add_subplot(len(names), 2, 2 * row + side) for side in (1, 2))
        _draw_against(left, truth[:, row], given[:, row], name)
        _draw_residuals(right, truth[:, row] - given[:, row], name)
    return figure


@style()
def outliers_and_losses(evaluation: Evaluation) -> Figure | None:
    """Robustness of the losses to outliers: a line fitted to the most correlated feature with each
    loss, once one target in twelve is an outlier.
    """
    truth = np.asarray(evaluation.labels)
    x = np.asarray(evaluation.examples.take(np.arange(len(evaluation.examples)))[0])
    info = evaluation.info
    # Fewer than twelve rows have no twelfth to spoil; constant targets have no correlation.
    if info.task != "regression" or x.ndim != 2 or len(x) < 12 or truth.std() == 0:
        return None
    y = truth[:, 0].astype(float)
    feature = int(np.argmax(np.abs(_correlations(x, y))))
    figure = Figure(figsize=(WIDTH, 4.2))
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    _draw_penalties(left)
    moved = _draw_lines(right, x[:, feature].astype(float), y)
    targets = info.targets or ("target",)
    right.set(xlabel=_features(evaluation)[feature], ylabel=targets[0])
    shifts = ", ".join(f"{_LOSSES[loss]} by {number(shift)}" for loss, shift in moved.items())
    set_title(figure, f"One outlier in twelve moves the line of {shifts}")
    return figure


def fit_line(x: np.ndarray, y: np.ndarray, loss: str, steps: int = 200) -> tuple[float, float]:
    """Fit a line by a loss, with iteratively reweighted least squares.

    Args:
        x: `(rows,)`.
        y: `(rows,)`.
        loss: `mse`, `mae` or `huber` (its corner at one standard deviation of `y`).
        steps: number of reweightings.

    Returns:
        Slope and intercept.
    """
    design = np.stack([x, np.ones_like(x)], axis=1)  # (rows, 2)
    # Of a normal distribution, 1.4826 times the median absolute deviation is the standard one.
    corner = np.median(np.abs(y - np.median(y))) * 1.4826 or 1.0
    # Weights at which the squared error has the gradient of the loss, up to a constant factor.
    share = np.ones_like(y)
    # The squared error is least squares itself.
    for _ in range(1 if loss == "mse" else steps):
        # lstsq squares the residuals, and with them the weights it is given.
        root = np.sqrt(share)
        line = np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
        # A point on the line would get an infinite weight.
        error = np.maximum(np.abs(y - design @ line), 1e-6 * corner)
        share = corner / error if loss == "mae" else np.minimum(1, corner / error)
    return float(line[0]), float(line[1])


def _drawn(evaluation: Evaluation) -> tuple[np.ndarray, np.ndarray]:
    """Return the features of the examples to draw, `(examples, 2)`, and their class indices."""
    chosen = evaluation.examples.sample(_MOST_POINTS, seed=0)
    columns = chosen.take(np.arange(len(chosen)))
    labels = np.asarray(columns[1])
    one_hot = labels.ndim == 2 and labels.shape[1] > 1
    labels = labels.argmax(axis=1) if one_hot else labels.reshape(-1)
    # Signs become indices: -1 and +1 are 0 and 1.
    return np.asarray(columns[0]), np.maximum(labels, 0).astype(int)


def _scores(evaluation: Evaluation, x: np.ndarray) -> np.ndarray:
    """Return the model's scores by class, or of a single unit its distance from the boundary,
    `(examples, units)`.
    """
    # The grid's 40,000 points make five batches, where Keras's default would make 1,250.
    outputs = np.asarray(evaluation.model.predict(x, verbose=0, batch_size=8192))
    # A probability has its boundary at one half, a signed score at zero.
    border = 0.5 if evaluation.info.task == "binary" else 0.0
    return outputs - border if outputs.shape[-1] == 1 else outputs


def _features(evaluation: Evaluation) -> Sequence[str]:
    """Return the names of a table's features; none for images."""
    preprocessor = evaluation.info.preprocessor
    return preprocessor.features if isinstance(preprocessor, TablePreprocessor) else ()


def _classes(scores: np.ndarray) -> np.ndarray:
    """Return the predicted class indices, `(examples,)`."""
    return scores.argmax(axis=-1) if scores.shape[-1] > 1 else (scores[:, 0] >= 0).astype(int)


def _shade_regions(axes: Axes, evaluation: Evaluation, x: np.ndarray) -> None:
    margin = 0.08 * np.ptp(x, axis=0)
    low, high = x.min(axis=0) - margin, x.max(axis=0) + margin
    first, second = np.meshgrid(*(np.linspace(low[i], high[i], _GRID) for i in (0, 1)))
    grid = np.stack([first.ravel(), second.ravel()], axis=1).astype(np.float32)
    scores = _scores(evaluation, grid)
    region = _classes(scores).reshape(first.shape)
    count = len(evaluation.info.classes or ())
    # 18 % of the colour on white, so that the dots of the same colour stand out.
    pale = ListedColormap(
        [tuple(0.82 + 0.18 * c for c in to_rgb(color)) for color in SERIES[:count]]
    )
    extent = (low[0], high[0], low[1], high[1])
    axes.imshow(
        # With limits halfway between indices each class gets exactly its own colour.
        region,
        origin="lower",
        extent=extent,
        aspect="auto",
        cmap=pale,
        vmin=-0.5,
        vmax=count - 0.5,
    )
    if len(np.unique(region)) > 1:
        # A single unit's score crosses 0 smoothly; of several the steps between regions are taken.
        height, levels = (
            (scores.reshape(first.shape), [0])
            if scores.shape[1] == 1
            else (region, np.arange(count - 1) + 0.5)
        )
        axes.contour(first, second, height, levels=levels, colors=INK, linewidths=1)


def _draw_against(axes: Axes, truth: np.ndarray, given: np.ndarray, name: str) -> None:
    axes.plot(truth, given, "o", color=RIGHT, markersize=4, alpha=0.6, markeredgewidth=0)
    ends = [min(truth.min(), given.min()), max(truth.max(), given.max())]
    axes.plot(ends, ends, color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.set(xlabel=f"true {name}", ylabel=f"predicted {name}")
    variance = np.sum((truth - truth.mean()) ** 2)
    # R², which a constant truth does not have.
    explained = 1 - np.sum((truth - given) ** 2) / variance if variance else float("nan")
    text = f"{percent(explained)} of the variance explained"
    text = text if explained > 0 else "no better than the mean"
    axes.set_title(f"{shortened(name, 24)}: {text}")


def _draw_residuals(axes: Axes, error: np.ndarray, name: str) -> None:
    axes.hist(error, bins=min(40, max(8, len(error) // 8)), color=RIGHT, alpha=0.85, rwidth=0.92)
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.axvline(error.mean(), color=WRONG, linewidth=1.6)
    axes.set(xlabel=f"residual: true minus predicted {name}", ylabel="examples")
    axes.set_title(f"Median absolute error {number(float(np.median(np.abs(error))))}")


def _draw_penalties(axes: Axes) -> None:
    error = np.linspace(-4, 4, 161)
    size = np.abs(error)
    shapes = {"mse": error**2, "mae": size, "huber": np.where(size <= 1, error**2 / 2, size - 0.5)}
    for color, (loss, penalty) in zip(SERIES, shapes.items(), strict=False):
        axes.plot(error, penalty, color=color, linewidth=2, label=_LOSSES[loss])
    axes.set(xlabel="error, in standard deviations", ylabel="loss", ylim=(0, 8))
    axes.set_title("An error of four costs 16, 4 or 3.5")
    axes.legend(frameon=False)


def _draw_lines(axes: Axes, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Draw the lines with planted outliers; return by loss how far they moved at the mean."""
    # A fixed seed, so that the same run gives the same figure.
    planted = np.random.default_rng(0).choice(len(y), max(1, len(y) // 12), replace=False)
    spoiled = y.copy()
    # All to one side, or the pulls of the outliers might cancel.
    spoiled[planted] += 8 * y.std()
    clean = np.setdiff1d(np.arange(len(y)), planted)
    dot: dict[str, Any] = {"markeredgecolor": MUTED, "markeredgewidth": 0.5, "markersize": 4}
    axes.plot(x[clean], y[clean], "o", color=FAINT, **dot)
    axes.plot(x[planted], spoiled[planted], "x", color=WRONG, markersize=6, label="planted outlier")
    ends, moved = np.array([x.min(), x.max()]), {}
    for color, loss in zip(SERIES, _LOSSES, strict=False):
        before, after = fit_line(x, y, loss), fit_line(x, spoiled, loss)
        axes.plot(ends, after[0] * ends + after[1], color=color, linewidth=2, label=_LOSSES[loss])
        moved[loss] = abs((after[0] - before[0]) * x.mean() + after[1] - before[1])
    axes.legend(frameon=False)
    return moved


def _correlations(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    centred, rest = x - x.mean(axis=0), y - y.mean()
    scale = np.sqrt((centred**2).sum(axis=0) * (rest**2).sum())
    # A constant feature correlates with nothing: 0, not 0 / 0.
    return (centred * rest[:, None]).sum(axis=0) / np.where(scale > 0, scale, 1)


PERCEPTRON_FIGURES = (curves, decision_boundary, weights)
CLASS_FIGURES = (curves, decision_boundary, confusion_matrix, worst_mistakes, confidence, weights)
REGRESSION_FIGURES = (curves, predicted_and_true, outliers_and_losses, weights)
ALL_FIGURES = (
    curves,
    decision_boundary,
    confusion_matrix,
    worst_mistakes,
    confidence,
    predicted_and_true,
)
