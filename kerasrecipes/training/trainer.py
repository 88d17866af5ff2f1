"""The trainer: from a recipe, its data and its settings to a trained model in a run folder.

`model.fit` is the loop. Around it the trainer keeps what makes a training repeatable and
interruptible: batches addressed by number, one seed, checkpoints of the whole state, and callbacks
whose state is part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from kerasrecipes import files, heads, settings
from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Examples
from kerasrecipes.diagnosis import Diagnosis
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.recipe import Info, Objective, Recipe, Request, Splits
from kerasrecipes.runs.config import Config, find_source
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy
from kerasrecipes.training import callbacks as parts
from kerasrecipes.training import checkpoints, device_defaults, input_pipeline
from kerasrecipes.training.optimizers import make_optimizer
from kerasrecipes.training.schedules import make_schedule, warmup_steps

EVALUATION_BATCH = 256
PROBE = 128  # training examples on which the diagnosis measures
FEWEST_STEPS = 30  # of a training that is diagnosed; of fewer nothing can be said
ONE_DEVICE = Strategy("one", "one device")


def load_splits(recipe: Recipe, config: Config, fitted: Info | None = None) -> Splits:
    """Load the data and bring it to what the recipe's builder expects.

    Args:
        recipe: the recipe.
        config: what data, and with which settings.
        fitted: facts of an earlier training, where its model is to be judged on this data.

    Raises:
        UserError: if the data cannot be had or does not fit the recipe.
    """
    _, source, path = find_source(config.data, recipe)
    request = Request(
        path=path, seed=config.training.split_seed, options=config.options, fitted=fitted
    )
    splits = replace(source.load(request), fitted=fitted)
    if config.limit is not None:
        splits = splits.limited(config.limit, config.training.split_seed)
    return prepare(recipe, splits, config)


def prepare(recipe: Recipe, splits: Splits, config: Config) -> Splits:
    """Apply the recipe's own preparation."""
    if recipe.prepare is None:
        return splits
    return recipe.prepare(splits, **settings.keywords_for(recipe.prepare, config.settings))


def build(recipe: Recipe, info: Info, config: Config) -> keras.Model:
    """Build the recipe's model for the data at hand, uncompiled, in the chosen arithmetic."""
    with device_defaults.arithmetic(config.training):
        return recipe.build(info, **settings.keywords_for(recipe.build, config.settings))


def objective_of(recipe: Recipe, info: Info, config: Config) -> Objective:
    """Give what training minimises and reports, for the data and settings at hand."""
    function = recipe.objective if callable(recipe.objective) else None
    return recipe.objective_for(info, **settings.keywords_for(function, config.settings))


def compile(model: keras.Model, objective: Objective, **options: Any) -> None:
    """Compile a model with the objective's loss and metrics.

    Args:
        model: the model.
        objective: what to minimise and report.
        options: further arguments of `model.compile`.
    """
    loss = objective.loss if objective.loss is not None else heads.losses(objective.task)
    if objective.metrics is None:
        metrics = heads.metrics(objective.task)
    else:
        metrics = [metric() if callable(metric) else metric for metric in objective.metrics]
    model.compile(
        loss=loss() if callable(loss) else loss,
        metrics=metrics,
        **options,
    )


class Trainer:
    """One training, from its parts.

    Args:
        recipe: the recipe.
        splits: the data, prepared.
        config: the settings.
        model: what to train; by default what the recipe builds.
        phase: name of the phase that this is, where a training has several.
        before: rows of the history of earlier phases.
        strategy: how the work is spread over devices; by default one device.

    Raises:
        UserError: if data and settings do not go together.

    Attributes:
        model: the compiled model, on which `fit`, `evaluate` and `predict` are called.
        inner: the plain model, to save, to count and to look into; on one device the same.
    """

    def __init__(
        self,
        recipe: Recipe,
        splits: Splits,
        config: Config,
        *,
        model: keras.Model | None = None,
        phase: str | None = None,
        before: Sequence[dict[str, float]] = (),
        strategy: Strategy | None = None,
    ):
        self.strategy = strategy or ONE_DEVICE
        self.recipe, self.splits, self.config, self.phase, self.before = (
            recipe,
            splits,
            config,
            phase,
            before,
        )
        self.training = training = config.training
        if not len(splits.train):
            raise UserError("there are no training examples")
        size = len(splits.train) if training.batch_size == "all" else training.batch_size
        self.size = min(size, len(splits.train))
        self.batches = Batches(splits.train, self.size, seed=training.seed, shuffle=True)
        self.steps = len(self.batches)
        varies = splits.train.lengths is not None
        self.stride = device_defaults.steps_per_execution(
            training, self.steps, self.strategy.num_replicas, varies
        )
        self.objective = objective_of(recipe, splits.info, config)
        self.task = heads.find(self.objective.task)
        self._check_monitor()
        if training.tensorboard:
            parts.require_tensorboard()
        self.notes: list[str] = []
        self.maximize = maximizes(training.monitor, self.task.best)
        self.model, self.inner = self._make_model(model)

    def _check_monitor(self) -> None:
        """Refuse a figure that no epoch will have, as far as the names are known before."""
        figures = figures_of(self.objective)
        if figures is None:
            return
        names = ["loss", *figures]
        known = [*names, *(f"val_{name}" for name in names)]
        if self.training.monitor not in known:
            raise unknown("figure to monitor", self.training.monitor, known)

    @property
    def _watches(self) -> bool:
        return self.training.patience is not None or self.training.schedule == "plateau"

    def _make_model(self, model: keras.Model | None) -> tuple[keras.Model, keras.Model]:
        if self.training.deterministic:
            device_defaults.make_deterministic()
        keras.utils.set_random_seed(self.training.seed)
        return self.strategy.prepare(
            lambda: model or build(self.recipe, self.splits.info, self.config), self._compile
        )

    def _compile(self, model: keras.Model) -> None:
        optimizer = make_optimizer(self.training, make_schedule(self.training, self.steps))
        jit = device_defaults.jit(self.training, self.strategy.num_replicas)
        compile(
            model,
            self.objective,
            optimizer=optimizer,
            jit_compile=jit,
            steps_per_execution=self.stride,
        )

    def _make_diagnosis(self) -> Diagnosis | None:
        """Watch the training, where every device holds the whole model and there are steps enough
        to judge.
        """
        few_steps = self.training.epochs * self.steps < FEWEST_STEPS
        if not self.training.diagnose or few_steps or not self.strategy.replicates_model:
            return None
        few = self.splits.train.sample(2 * PROBE, self.training.split_seed)
        lengths = few.lengths
        # The longest of sequences would pad all others, at a multiple of the time.
        usual = (
            np.arange(len(few))
            if lengths is None
            else np.flatnonzero(lengths <= np.median(lengths))
        )
        few = few.select(usual).sample(PROBE, self.training.split_seed)
        settings_ = self.config.values
        held = self.splits.validation.sample(PROBE, self.training.split_seed)
        judged = held.take(np.arange(len(held)))[1] if len(held) else None
        return Diagnosis(
            few.take(np.arange(len(few))), settings=settings_, validation=judged, model=self.inner
        )

    def _make_checkpoints(self, run: Run) -> parts.Checkpoints:
        training = self.training
        self.diagnosis = self._make_diagnosis()
        watched = training.monitor if self._watches else None
        self.history = parts.History(run, watched, self.before, writes=self.strategy.is_chief)
        companions = [self.history, *([self.diagnosis] if self.diagnosis else [])]
        if training.patience is not None:
            mode = "max" if self.maximize else "min"
            stop = keras.callbacks.EarlyStopping(
                training.monitor, patience=training.patience, mode=mode
            )
            companions.append(stop)
        if training.schedule == "plateau":
            warmup = parts.WarmUpRate(
                training.learning_rate, warmup_steps(training, self.steps), self.stride
            )
            companions += [warmup, parts.plateau(training, self.maximize)]
        return parts.Checkpoints(
            run,
            steps=self.steps,
            stride=self.stride,
            seconds=training.checkpoint_seconds,
            monitor=training.monitor,
            maximize=self.maximize,
            companions=companions,
            identity={"training examples": len(self.splits.train), "batch size": self.size},
            strategy=self.strategy,
            folder=run.path / "checkpoints" / self.phase if self.phase else None,
        )

    def _callbacks(
        self, run: Run, observers: Sequence[keras.callbacks.Callback]
    ) -> list[keras.callbacks.Callback]:
        first = [parts.StopAtNaN()]
        if self.training.ema is not None:
            first.append(keras.callbacks.SwapEMAWeights())
        if self.training.tensorboard and self.strategy.is_chief:
            first.append(keras.callbacks.TensorBoard(run.path / "logs"))
        return [*first, *self.checkpoints.companions, *observers, self.checkpoints]

    def fit(
        self, run: Run, observers: Sequence[keras.callbacks.Callback] = (), resume: bool = False
    ) -> None:
        """Train to the end, from the beginning or from the last checkpoint.

        Args:
            run: where to write.
            observers: further Keras callbacks, such as a progress bar.
            resume: go on from the last checkpoint if there is one.

        Raises:
            Interrupted: if the user or the machine asked to stop; the state is saved.
            UserError: if the loss is no longer a number, or the checkpoint belongs to something
                else.
        """
        self.checkpoints = self._make_checkpoints(run)
        self.callbacks = self._callbacks(run, observers)
        position = {"epoch": 0, "batch": 0, "finished": False}
        if resume and self.checkpoints.last.is_file():
            self._make_state()
            position = self.checkpoints.resume()
        trained = False
        with parts.stopping(self.checkpoints.request_stop):
            while position["epoch"] < self.training.epochs and not position["finished"]:
                self._fit_from(position["epoch"], position["batch"])
                position, trained = self.checkpoints.resume(), True
        self._settle(trained)

    def _make_state(self) -> None:
        """Let optimizer and metrics make their variables, which Keras else does in the first
        step.
        """
        self.model.optimizer.build(self.model.trainable_variables)
        few = np.arange(min(self.size, len(self.splits.train)))
        evaluate(self.model, self.splits.train.select(few), self.size, self.strategy)

    def _fit_from(self, epoch: int, batch: int) -> None:
        """Train from a position on: to the end of its epoch if it lies within one, else to the
        end.
        """
        self.model.fit(
            self.strategy.feed(input_pipeline.stream(self.batches, epoch, batch)),
            steps_per_epoch=self.steps - batch,
            initial_epoch=epoch,
            epochs=epoch + 1 if batch else self.training.epochs,
            callbacks=self.callbacks,
            shuffle=False,
            verbose=0,
            **self._validation(),
        )

    def _validation(self) -> dict[str, Any]:
        examples = self.splits.validation
        if not len(examples):
            return {}
        given = input_pipeline.once(
            Batches(examples, self._evaluation_size(examples)), self.strategy
        )
        return {"validation_data": given["x"], "validation_steps": given["steps"]}

    def _evaluation_size(self, examples: Examples) -> int:
        return min(len(examples), max(self.size, EVALUATION_BATCH))

    def _settle(self, trained: bool) -> None:
        """Give the model the weights it is to keep: the best where early stopping watched, else the
        last.
        """
        keep = (
            self.checkpoints.best if self.training.patience is not None else self.checkpoints.last
        )
        if not trained or keep == self.checkpoints.best or self.training.ema is not None:
            self.model.optimizer.build(self.model.trainable_variables)
            checkpoints.restore_weights(keep, self.model)
        if self.training.ema is not None:
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)

    @property
    def main_metric(self) -> str:
        """The figure that a person asks for first: the task's metric, else the first there is, else
        the loss.
        """
        names = [
            metric.name
            for metric in self.model.metrics
            if metric.name not in ("loss", "compile_metrics")
        ]
        names += list(self.history.rows[-1]) if self.history.rows else []
        first = self.task.metrics[0]
        others = [
            n for n in names if n not in ("epoch", "loss", "val_loss", "learning_rate", "seconds")
        ]
        return first if first in names else next(iter(others), "loss")

    def save(self, run: Run) -> None:
        """Write `model.keras`: the model alone, without the optimizer's state."""
        with self.strategy.saving() as here:
            if here:
                with files.replacing_path(run.path / "model.keras") as path:
                    inference_model(self.inner).save(path)

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Give loss and metrics on examples, by name."""
        return evaluate(self.model, examples, self._evaluation_size(examples), self.strategy)

    def predict(self, examples: Examples) -> Any:
        """Give the model's outputs on examples, in their order."""
        return predict(self.model, examples, self._evaluation_size(examples), self.strategy)

    def features(self, examples: Examples) -> Any:
        """Give vectors that a frozen part of the model makes of examples: none, as all of it
        learns.
        """
        return None

    def labels(self, examples: Examples) -> Any:
        """Give what is right for each example, in their order."""
        return labels_of(examples)


def figures_of(objective: Objective) -> list[str] | None:
    """Name an objective's metrics; `None` where there are several outputs, for whose figures Keras
    makes names.
    """
    metrics = objective.metrics if objective.metrics is not None else heads.metrics(objective.task)
    if isinstance(metrics, dict):
        return None
    made = [
        metric() if callable(metric) and not hasattr(metric, "name") else metric
        for metric in metrics
    ]
    return [metric if isinstance(metric, str) else metric.name for metric in made]


def evaluate(
    model: keras.Model,
    examples: Examples,
    size: int = EVALUATION_BATCH,
    strategy: Strategy = ONE_DEVICE,
) -> dict[str, float]:
    """Give a compiled model's loss and metrics on examples, by name."""
    if not len(examples):
        return {}
    given = input_pipeline.once(Batches(examples, min(size, len(examples))), strategy)
    result = model.evaluate(**given, return_dict=True, verbose=0)
    return {name: float(value) for name, value in result.items()}


def predict(
    model: keras.Model,
    examples: Examples,
    size: int = EVALUATION_BATCH,
    strategy: Strategy = ONE_DEVICE,
) -> Any:
    """Give a model's outputs on examples, in their order.

    Outputs for each entry of a sequence are all as long as the longest example is when padded.
    """
    if examples.lengths is None:
        given = input_pipeline.once(
            Batches(examples, min(size, len(examples))), strategy, "predict"
        )
        return model.predict(**given, verbose=0)
    # Keras joins the outputs of batches, which must be of one length if they have one.
    groups = examples.groups() if _answers_by_entry(model) else [np.arange(len(examples))]
    outputs, numbers = [], []
    for group in groups:
        batches = Batches(examples.select(group), min(size, len(group)))
        numbers.append(group[batches.order(0)])
        outputs.append(
            model.predict(**input_pipeline.once(batches, strategy, "predict"), verbose=0)
        )
    place = np.argsort(np.concatenate(numbers))
    return keras.tree.map_structure(lambda *parts_: _joined(parts_)[place], *outputs)


def _answers_by_entry(model: keras.Model) -> bool:
    """Whether a model's outputs may be as long as its inputs are."""
    outputs = keras.tree.flatten(getattr(model, "outputs", None))
    return any(
        tensor is None or (len(tensor.shape) > 1 and tensor.shape[1] is None) for tensor in outputs
    )


def labels_of(examples: Examples, size: int = 4096) -> Any:
    """Collect what is right for each example, in their order."""
    starts = range(0, len(examples), size)
    parts_ = [examples.take(np.arange(s, min(s + size, len(examples))))[1] for s in starts]
    return keras.tree.map_structure(lambda *pieces: _joined(pieces), *parts_)


def _joined(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Join arrays along the first axis; those with a shorter second one are filled up with
    zeros.
    """
    if pieces[0].ndim > 1 and len({piece.shape[1] for piece in pieces}) > 1:
        longest = max(piece.shape[1] for piece in pieces)
        inner = [(0, 0)] * (pieces[0].ndim - 2)
        pieces = [
            np.pad(piece, [(0, 0), (0, longest - piece.shape[1]), *inner]) for piece in pieces
        ]
    return np.concatenate(pieces)


def inference_model(model: keras.Model) -> keras.Model:
    """Give a functional model without its compilation; another kind of model as it is."""
    if type(model).__name__ == "Functional":
        return keras.Model(model.inputs, model.outputs, name=model.name)
    return model
