"""The trainer: from a recipe, its data and its settings to a trained model in a run folder.

`model.fit` is the loop. Around it the trainer keeps what makes a training repeatable and
interruptible: batches addressed by number, one seed, checkpoints of the whole state, and callbacks
whose state is part of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ClassVar

import keras
import numpy as np

from kerasrecipes import files, heads, trust
from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Examples
from kerasrecipes.diagnosis import Diagnosis
from kerasrecipes.errors import UserError, noted
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.models import adapters, surgery
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import ONE_DEVICE, Strategy
from kerasrecipes.training import (
    assembly,
    callbacks,
    capacity,
    class_weights,
    device_defaults,
    film,
    final_weights,
    head_check,
    input_pipeline,
    layer_rates,
    lazy_variables,
    model_outputs,
    objectives,
    own_steps,
    profiling,
    scores,
    signals,
    time_limit,
    watching,
    weight_averaging,
)
from kerasrecipes.training.accumulation import accumulate_gradients, part_size
from kerasrecipes.training.checkpointing import Checkpoints
from kerasrecipes.training.evaluation import Evaluator
from kerasrecipes.training.guard import guarded
from kerasrecipes.training.optimizers import check_full_batch
from kerasrecipes.training_settings import MIN_DIAGNOSED_STEPS


class Trainer(Evaluator):
    """Training of a model, whole or of one phase; its public names are the face of every training.

    A training in phases and one by a loop of the recipe's own are subclasses, which whoever trains,
    evaluates, compares or tunes need not know.

    Args:
        recipe: the recipe.
        splits: the data, preprocessed.
        config: the settings.
        model: the model to train; by default the recipe's.
        phase: name of the phase, where the training has several.
        previous_rows: rows of the history of earlier phases.
        strategy: how the work is spread over devices; by default one device.
        layer_rates: factors of the learning rate by layer; 1 of all others.

    Raises:
        UserError: if data and settings do not go together.

    Attributes:
        diagnosis: what watches the training, or `None`; from `fit` on.
        kept: the epoch whose weights the model has, and why; from `fit` on.
        notes: sentences for the user.
        judged_by: a metric that every epoch is to have besides, such as the objective of a search.
        profile: where the time of a step goes; from `fit` on, if the settings ask for it.
        one_fit: whether it is one call of `model.fit` on examples, which others may make as well.
    """

    one_fit: ClassVar[bool] = True
    kept: final_weights.Kept | None = None
    diagnosis: Diagnosis | None = None
    judged_by: str | None = None
    times: profiling.StepTimes | None = None
    profile: dict[str, Any] | None = None

    def __init__(
        self,
        recipe: Recipe,
        splits: Splits,
        config: Config,
        *,
        model: keras.Model | None = None,
        phase: str | None = None,
        previous_rows: Sequence[dict[str, float]] = (),
        strategy: Strategy | None = None,
        layer_rates: Mapping[str, float] = MappingProxyType({}),
    ):
        self.layer_rates = layer_rates
        self.strategy = strategy or ONE_DEVICE
        self.recipe, self.splits, self.config = recipe, splits, config
        self.phase, self.previous_rows = phase, previous_rows
        self.training = training = config.training
        self.objective = assembly.objective_of(recipe, splits.info, config)
        self._plan_steps()
        self.task = heads.find(self.objective.task)
        if self.task is not heads.OWN:
            # Before the model is built: a misspelled metric is found at once.
            self._check_monitor(self.metric_names)
        if training.tensorboard:
            callbacks.require_tensorboard()
        self.notes: list[str] = []
        self.maximize = maximizes(training.monitor, self.default_best)
        self.model, self.inner = self._make_model(model)
        if adapters.is_adapted(self.inner):
            self.notes.append(adapters.note(self.inner))
        part = -(-self.part // self.strategy.num_replicas)
        capacity.require_room(self.inner, training.optimizer, self.splits.train, part)
        if self.task is heads.OWN:
            self._check_own_model()
        if model is None:
            head_check.check(self.inner, self.objective, splits.train, splits.info)
        self.averages: weight_averaging.WeightAverage | None = None
        # A phase has a part of the epochs; the whole run was checked before.
        if training.swa is not None and phase is None:
            weight_averaging.check(training, self.inner, self.strategy.num_replicas)

    def _plan_steps(self) -> None:
        """Divide the training examples into the steps of an epoch."""
        examples, training = self.splits.train, self.training
        if not len(examples):
            raise UserError("there are no training examples")
        self.part = part_size(training, len(examples))
        self.size = min(training.accumulate * self.part, len(examples))
        self.train = examples
        if training.class_weight is not None:
            task = self.objective.task or ""
            self.train = class_weights.balanced(examples, task, self.splits.info)
        self.batches = Batches(self.train, self.size, seed=training.seed, shuffle=True)
        self.steps = len(self.batches)
        check_full_batch(training, self.steps, self.strategy.num_replicas)
        self.stride = device_defaults.steps_per_execution(
            training, self.steps, self.strategy.num_replicas, examples.lengths is not None
        )

    def _make_model(self, model: keras.Model | None) -> tuple[keras.Model, keras.Model]:
        if self.training.deterministic:
            device_defaults.make_deterministic()
        # After loading and right before building, so that the weights depend on the seed alone.
        keras.utils.set_random_seed(self.training.seed)
        return self.strategy.prepare(
            lambda: model or assembly.build(self.recipe, self.splits.info, self.config),
            self._compile,
        )

    def _compile(self, model: keras.Model) -> None:
        own_steps.check(model, self.training)
        steps = self.optimizer_steps
        optimizer = own_steps.optimizer_for(model, self.training, self.objective, steps)
        if self.layer_rates:
            layer_rates.scale(optimizer, model, self.layer_rates)
        jit = device_defaults.jit(self.training, self.strategy.num_replicas)
        objectives.compile(
            model,
            self.objective,
            optimizer=optimizer,
            jit_compile=jit,
            steps_per_execution=self.stride,
        )
        if self.size > self.part:
            accumulate_gradients(model, self.part, self.strategy.num_replicas)

    @property
    def optimizer_steps(self) -> int:
        """Steps that the optimizer takes in an epoch, by which a schedule is counted."""
        return self.steps

    @property
    def kept_state(self) -> Mapping[str, Any]:
        """What a loop of the recipe's own kept; empty without one."""
        return {}

    def _make_diagnosis(self) -> Diagnosis | None:
        """Create the diagnosis, if each device holds the whole model and there are enough steps."""
        few_steps = self.training.epochs * self.steps < MIN_DIAGNOSED_STEPS
        if not self.training.diagnose or few_steps or not self.strategy.replicates_model:
            return None
        diagnosis = watching.diagnosis_of(
            self.inner, replace(self.splits, train=self.train), self.config, self.objective
        )
        return guarded(diagnosis, "the diagnosis", self.notes)

    def _make_checkpoints(self, run: Run) -> Checkpoints:
        training = self.training
        self.diagnosis = self._make_diagnosis()
        watched = training.monitor if self.watches else None
        self.history = callbacks.History(
            run, watched, self.previous_rows, writes=self.strategy.is_chief
        )
        # Their order is that of their states in a checkpoint.
        companions = [self.history, *([self.diagnosis] if self.diagnosis else [])]
        companions += callbacks.early_stopping(training, self.maximize)
        if training.swa is not None:
            first = weight_averaging.first_epoch(training, self.history.earlier)
            self.averages = weight_averaging.WeightAverage(first, self.history.earlier)
            companions.append(self.averages)
        companions += callbacks.plateau(training, self.maximize, self.steps, self.stride)
        return Checkpoints(
            run,
            steps=self.steps,
            stride=self.stride,
            seconds=training.checkpoint_seconds,
            monitor=training.monitor,
            maximize=self.maximize,
            companions=companions,
            identity=self._identity(),
            strategy=self.strategy,
            folder=run.path / "checkpoints" / self.phase if self.phase else None,
        )

    def _identity(self) -> dict[str, Any]:
        """Return what must be the same when the training is resumed, by name."""
        return {"training examples": len(self.splits.train), "batch size": self.size}

    def _callbacks(
        self, run: Run, observers: Sequence[keras.callbacks.Callback]
    ) -> list[keras.callbacks.Callback]:
        first: list[keras.callbacks.Callback] = [callbacks.StopAtNaN()]
        # Only where one is asked for, for it takes another pass over the validation split.
        asked = (self.training.monitor, self.judged_by)
        if wanted := [name for name in self.computed_metrics if name in asked]:
            first.append(scores.ValidationScores(wanted, self.validation_scores))
        if self.training.ema is not None:
            first.append(keras.callbacks.SwapEMAWeights())
        if self.training.tensorboard and self.strategy.is_chief:
            board = keras.callbacks.TensorBoard(run.path / "logs")
            first.append(guarded(board, "writing logs for TensorBoard", self.notes))
        # After the history, which has the seconds of the epoch.
        limit = self.training.time
        ends = [] if limit is None else [time_limit.TimeLimit(limit, self.history, self.strategy)]
        films = film.made(
            run,
            self.inner,
            self.training.epochs,
            self.strategy,
            self.splits.validation,
            self._painted if self.recipe.snapshot else None,
        )
        observers = [*(guarded(one, "the film", self.notes) for one in films), *observers]
        # A loss that is not finite must stop the training before it is saved: first and last.
        all_ = [*first, *self.checkpoints.companions, *ends, *observers, self.checkpoints]
        if not (self.training.profile and self.strategy.is_chief):
            return all_
        folder = run.path / profiling.FOLDER / (self.phase or "")
        self.times = guarded(profiling.StepTimes(folder, self.stride), "the profile", self.notes)
        return [self.times, *all_, guarded(self.times.behind, "the profile", self.notes)]

    def _painted(self, model: Any, examples: Examples) -> np.ndarray:
        """Return what the model makes of a few of the examples, for the film."""
        assert self.recipe.snapshot is not None
        return self.recipe.snapshot(model, self.splits.info, examples)

    def _profiled(self) -> dict[str, Any] | None:
        """Return what the profile tells, and take its sentences as notes; `None` without one."""
        if self.times is None:
            return None
        found: dict[str, Any] = {}
        with noted(self.notes, "the profile"):
            # A loop of the recipe's own makes its data itself; batches of several devices are read
            # by all of them together.
            alone = self.strategy.num_replicas == 1 and len(self.splits.train) > 0
            found = profiling.measured(self.times, self.steps, self._batches if alone else None)
        self.notes += found.get("sentences", [])
        return found

    def _batches(self) -> Any:
        """Return the training batches as `model.fit` takes them."""
        return self.strategy.feed(input_pipeline.train_batches(self.batches))

    def fit(
        self, run: Run, observers: Sequence[keras.callbacks.Callback] = (), resume: bool = False
    ) -> None:
        """Train to the end, from the beginning or from the last checkpoint.

        Args:
            run: folder to write to.
            observers: further Keras callbacks, such as a progress bar.
            resume: whether to go on from the last checkpoint, if there is one.

        Raises:
            Interrupted: if the user or the machine asked to stop; the state is saved.
            UserError: if the loss is not finite any more, or the checkpoint belongs to other data
                or settings.
        """
        self.checkpoints = self._make_checkpoints(run)
        self.callbacks = self._callbacks(run, observers)
        position = {"epoch": 0, "batch": 0, "finished": False}
        if resume and self.checkpoints.there:
            # A checkpoint is restored into variables that exist; Keras makes many of them lazily.
            self._build_state()
            position = self.checkpoints.resume()
        trained = False
        with signals.stopping(self.checkpoints.request_stop):
            # A resumed epoch has fewer steps than the others, which one call of `fit` cannot have.
            while position["epoch"] < self.training.epochs and not position["finished"]:
                self._fit_from(position["epoch"], position["batch"])
                position, trained = self.checkpoints.resume(), True
        # The model gets the weights that the settings ask for: averaged, the best or the last.
        validated = len(self.splits.validation) > 0
        self.kept = final_weights.choose(
            self.training, self.checkpoints, self.history, validated, self.averages
        )
        final_weights.restore(self.model, self.kept, self.checkpoints, trained)
        if self.averages is not None and self.averages.count:
            batches = Batches(self.train, self.part)
            weight_averaging.assign(self.model, self.averages.arrays, batches)
        self.notes += self.checkpoints.notes
        epochs = self.history.earlier + self.training.epochs
        self.notes += time_limit.note(self.training, self.history.rows, epochs)
        self.profile = self._profiled()

    def _build_state(self) -> None:
        """Create the variables of optimizer and metrics, as Keras does in the first step."""
        if self.strategy.num_replicas == 1 and lazy_variables.create(self.model, self.train):
            return
        self.model.optimizer.build(self.model.trainable_variables)
        few = np.arange(min(self.size, len(self.splits.train)))
        if own_steps.overrides(self.inner, "train_step"):
            # Only the step knows what it makes; whatever it changes is restored afterwards.
            self.model.train_on_batch(*self.splits.train.take(few))
        model_outputs.evaluate(self.model, self.splits.train.select(few), self.size, self.strategy)

    def _fit_from(self, epoch: int, batch: int) -> None:
        """Train to the end, or to the end of the epoch if `batch` lies within it."""
        if self.strategy.num_replicas == 1 and not self.model.optimizer.built:
            lazy_variables.create(self.model, self.train)
        self.model.fit(
            self.strategy.feed(input_pipeline.train_batches(self.batches, epoch, batch)),
            steps_per_epoch=self.steps - batch,
            initial_epoch=epoch,
            epochs=epoch + 1 if batch else self.training.epochs,
            callbacks=self.callbacks,
            # The batches are shuffled already, in an order that can be resumed.
            shuffle=False,
            verbose=0,
            **self.validation_arguments(),
        )

    def first_phase(self, observers: Sequence[keras.callbacks.Callback] = ()) -> Trainer:
        """Return the trainer of what is trained first; of a training without phases, this one.

        Args:
            observers: callbacks that show how features are computed.
        """
        return self

    def save(self, run: Run) -> None:
        """Write `model.keras`: the model without the optimizer's state."""
        with self.strategy.saving() as here:
            if here:
                model = adapters.merged(surgery.uncompiled(self.inner))
                with (
                    files.replacing_path(run.path / "model.keras") as path,
                    surgery.without_optimizer(model),
                ):
                    model.save(path)
                trust.remember_run(run.path)
