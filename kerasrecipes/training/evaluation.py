"""Evaluation within a training: the names of its metrics, and a model's values on examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasrecipes import heads
from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Examples, labels_at_hand
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.models.alternating import AlternatingModel
from kerasrecipes.recipe import Evaluation, Objective, Recipe, Splits
from kerasrecipes.runs.config import Config
from kerasrecipes.strategies import Strategy
from kerasrecipes.training import input_pipeline, model_outputs, objectives, own_steps, scores
from kerasrecipes.training.callbacks import History
from kerasrecipes.training_settings import Training


class Evaluator:
    """A model in training, as it is evaluated: what its metrics are called, and what they are.

    A trainer is one, and sets the attributes.

    Attributes:
        recipe: the recipe.
        splits: the data, preprocessed.
        config: the settings.
        training: those of the training.
        strategy: how the work is spread over devices.
        objective: what is minimised, and the metrics.
        task: row of `kerasrecipes.heads` for the objective.
        model: the compiled model, on which `fit`, `evaluate` and `predict` are called.
        inner: the plain model, to save, to count and to look into; on one device the same.
        part: number of examples that the device takes at once.
        history: rows of metrics, one per epoch; from `fit` on.
    """

    recipe: Recipe
    splits: Splits
    config: Config
    training: Training
    strategy: Strategy
    objective: Objective
    task: heads.Head
    model: keras.Model
    inner: keras.Model
    part: int
    history: History

    @property
    def metric_names(self) -> list[str]:
        """Names of an epoch's metrics, without `val_`, as far as they are known before it; the
        metrics that the objective names come before the losses.
        """
        own = objectives.metric_names(self.objective)
        if self.task is not heads.OWN:
            return [*own, "loss"]
        made = [metric.name for metric in self.inner.metrics if metric.name != "compile_metrics"]
        return list(dict.fromkeys([*own, *made]))

    @property
    def names_are_known(self) -> bool:
        """Whether `metric_names` are all: a step of the model's own logs what it likes."""
        own = own_steps.overrides(self.inner, "train_step")
        return not own or isinstance(self.inner, AlternatingModel)

    @property
    def default_best(self) -> str:
        """Better direction of a metric whose name does not tell, `"max"` or `"min"`."""
        return self.objective.best or self.task.best

    @property
    def watches(self) -> bool:
        """Whether the training acts on the monitored metric."""
        return self.training.patience is not None or self.training.schedule == "plateau"

    @property
    def rows(self) -> list[dict[str, float]]:
        """Rows of the history so far, of all that was trained."""
        return self.history.rows

    @property
    def first_row(self) -> int:
        """Index of the first row whose weights can become the model: a last phase's first."""
        return self.history.earlier

    @property
    def main_metric(self) -> str:
        """Name of the objective's headline, else of its first metric, else of the first that there
        is, else of the loss.
        """
        return objectives.headline(self.objective, [*self.rows[-1]] if self.rows else [])

    def best(self, metric: str) -> str:
        """Return the better direction of a metric, `"max"` or `"min"`."""
        return "max" if maximizes(metric, self.default_best) else "min"

    def _check_monitor(self, names: Sequence[str]) -> None:
        """Check that every epoch has the metric to monitor."""
        known = [*names, *(f"val_{name}" for name in names)]
        computed = self.computed_metrics
        monitor = self.training.monitor
        if monitor not in known + computed:
            raise unknown("metric to monitor", monitor, dict.fromkeys(known + computed))
        if monitor not in known and not len(self.splits.validation):
            raise UserError(f"the data has no validation examples on which to compute {monitor}")

    def _check_own_model(self) -> None:
        """Check the monitor and the loss of a model that brings its own."""
        names = self.metric_names
        unasked = self.training.monitor == Training().monitor and not self.watches
        # Of several turns none has the loss of all, which nobody then asked for.
        if self.names_are_known and not ("loss" not in names and unasked):
            self._check_monitor(names)
        if self.strategy.num_replicas == 1:
            own_steps.require_loss(self.inner, self.splits.train)

    @property
    def computed_metrics(self) -> list[str]:
        """Names, with `val_`, of the metrics that are computed from predictions, not by Keras; an
        epoch has those that are asked for.
        """
        known = objectives.metric_names(self.objective)
        found = scores.names(self.recipe, self.objective.measured_task, self.splits.info)
        return [f"val_{name}" for name in found if name not in known]

    def validation_scores(self) -> dict[str, float]:
        """Compute the metrics of the validation split from the model's outputs."""
        examples = self.splits.validation
        evaluation = Evaluation(
            recipe=self.config.recipe,
            model=self.inner,
            info=self.splits.info,
            examples=examples,
            labels=self.labels(examples),
            outputs=self.predict(examples),
            metrics={},
        )
        return scores.scores_of(self.recipe, self.objective.measured_task, evaluation).metrics

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return loss and metrics on examples, by name."""
        return model_outputs.evaluate(
            self.model, examples, self._evaluation_size(examples), self.strategy
        )

    def predict(self, examples: Examples) -> Any:
        """Return the model's outputs on examples, in their order."""
        return model_outputs.predict(
            self.model, examples, self._evaluation_size(examples), self.strategy
        )

    def features(self, examples: Examples) -> Any:
        """Return features of examples from a frozen base, `(examples, units)`, if there is one."""
        return None

    def labels(self, examples: Examples) -> Any:
        """Return the labels of examples, in their order."""
        at_hand, _ = labels_at_hand(examples)
        # What lies in images or sequences has to be taken batch by batch.
        return at_hand if isinstance(at_hand, np.ndarray) else model_outputs.labels_of(examples)

    def validation_arguments(self) -> dict[str, Any]:
        """Return the arguments of `model.fit` that concern the validation split."""
        examples = self.splits.validation
        if not len(examples):
            return {}
        batches = Batches(examples, self._evaluation_size(examples))
        given = input_pipeline.epoch_batches(batches, self.strategy)
        return {"validation_data": given["x"], "validation_steps": given["steps"]}

    def _evaluation_size(self, examples: Examples) -> int:
        return min(len(examples), max(self.part, model_outputs.EVALUATION_BATCH))
