"""Scores of a model on a split, and of its baseline: one place for runs, evaluations and epochs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from kerasrecipes.info import Info
from kerasrecipes.metrics import baselines, task_metrics
from kerasrecipes.metrics.baselines import Baseline
from kerasrecipes.recipe import Evaluation, Recipe
from kerasrecipes.training import model_outputs

# What tags that mark spans are judged by besides.
SPAN_METRICS = ("span_f1", "span_precision", "span_recall")

Tables = dict[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Scores:
    """Metrics of a split.

    Args:
        metrics: by name.
        tables: metrics by name for each class (`by_class`) or target (`by_target`).
        lines: metrics as functions of something, `(x, value)`, by name.
    """

    metrics: dict[str, float]
    tables: Tables = field(default_factory=dict)
    lines: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return tables and lines as they stand in `metrics.json`."""
        return {**self.tables, **({"lines": self.lines} if self.lines else {})}


def scores_of(recipe: Recipe, task: str, evaluation: Evaluation) -> Scores:
    """Compute the metrics of a split, those of its task and the recipe's own.

    Args:
        recipe: has scores of its own, or not.
        task: a row of `kerasrecipes.heads`.
        evaluation: of the split; its metrics are kept.

    Returns:
        All metrics, those of the evaluation first.
    """
    if not len(evaluation.examples) and evaluation.environment is None:
        return Scores(dict(evaluation.metrics))
    found: dict[str, Any] = {}
    if not recipe.answers and evaluation.environment is None:
        info = evaluation.info
        found |= task_metrics.measure(
            task, evaluation.labels, evaluation.outputs, classes=info.classes, targets=info.targets
        )
    found |= evaluation.metrics
    if recipe.scores:
        # What a generator draws to be judged by is the same each time.
        with model_outputs.fixed_seeds(evaluation.model):
            found |= recipe.scores(evaluation)
    tables = {name: value for name, value in found.items() if isinstance(value, Mapping)}
    lines = {name: value for name, value in found.items() if isinstance(value, (list, tuple))}
    numbers = {n: v for n, v in found.items() if n not in tables and n not in lines}
    # What the training minimised and showed goes first.
    first = {name: numbers[name] for name in evaluation.metrics}
    return Scores({**first, **numbers}, tables, lines)


def baseline_of(
    recipe: Recipe, task: str, evaluation: Evaluation, labels: Any, weight: Any = None
) -> Baseline | None:
    """Return what a model is compared with.

    Args:
        recipe: has a baseline of its own, or not.
        task: a row of `kerasrecipes.heads`.
        evaluation: of a split.
        labels: of the training examples, in memory.
        weight: of the training examples, `(examples,)`.
    """
    if recipe.baseline is not None:
        return recipe.baseline(evaluation)
    if recipe.answers:
        return None
    return baselines.constant(task, labels, evaluation.info.classes, weight)


def judged(
    baseline: Baseline, recipe: Recipe, task: str, evaluation: Evaluation
) -> dict[str, float]:
    """Compute a baseline's metrics on a split.

    Args:
        baseline: of the recipe.
        recipe: has scores of its own, or not.
        task: a row of `kerasrecipes.heads`.
        evaluation: of the split.

    Returns:
        Metrics by name.
    """
    outputs = baseline.outputs_for(len(evaluation.examples))
    if outputs is None:
        return dict(baseline.metrics)
    found = scores_of(
        recipe, task, replace(evaluation, outputs=outputs, metrics={}, validation=None)
    )
    return {**found.metrics, **baseline.metrics}


def names(recipe: Recipe, task: str, info: Info) -> tuple[str, ...]:
    """Return the metrics that `scores_of` can add to Keras's own after each epoch.

    Args:
        recipe: the recipe.
        task: a row of `kerasrecipes.heads`.
        info: metadata of the data.
    """
    if recipe.answers:
        return ()
    spans = SPAN_METRICS if info.spans else ()
    return (*spans, *task_metrics.names(task))


class ValidationScores(keras.callbacks.Callback):
    """Metrics of the validation split that Keras does not compute, for all callbacks after it.

    Args:
        names: of the metrics, with `val_`.
        measure: returns the metrics of the validation split, by name.
    """

    def __init__(self, names: Sequence[str], measure: Callable[[], Mapping[str, float]]):
        super().__init__()
        self.names, self.measure = names, measure

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Add the metrics to the epoch's; one that the examples do not define stays away."""
        found = {f"val_{name}": value for name, value in self.measure().items()}
        if logs is not None:
            logs |= {name: found[name] for name in self.names if found.get(name) is not None}
