"""The trainer: from a recipe, its data and its settings to a trained model in a run folder.

`model.fit` is the loop. Around it the trainer keeps what makes a training repeatable and
interruptible: batches addressed by number, one seed, checkpoints of the whole state, and callbacks
whose state is part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerasrecipes import files, heads
from kerasrecipes.data.batches import Batches
from kerasrecipes.data.examples import Examples, labels_at_hand
from kerasrecipes.diagnosis import Diagnosis
from kerasrecipes.errors import UserError, unknown
from kerasrecipes.metrics.names import maximizes
from kerasrecipes.recipe import Evaluation, Recipe, Splits
from kerasrecipes.runs.config import Config
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import ONE_DEVICE, Strategy
from kerasrecipes.training import (
    assembly,
    callbacks,
    class_weights,
    device_defaults,
    final_weights,
    input_pipeline,
    model_outputs,
    scores,
    time_limit,
    weight_averaging,
)
from kerasrecipes.training.accumulation import accumulate_gradients, part_size
from kerasrecipes.training.guard import guarded
from kerasrecipes.training.optimizers import make_optimizer
from kerasrecipes.training.schedules import make_schedule, warmup_steps

PROBE = 128  # training examples on which the diagnosis measures
MIN_DIAGNOSED_STEPS = 30  # with fewer steps the curves say nothing


class Trainer:
    """Training of a model, whole or of one phase.

    Args:
        recipe: the recipe.
        splits: the data, preprocessed.
        config: the settings.
        model: the model to train; by default the recipe's.
        phase: name of the phase, where the training has several.
        previous_rows: rows of the history of earlier phases.
        strategy: how the work is spread over devices; by default one device.

    Raises:
        UserError: if data and settings do not go together.

    Attributes:
        model: the compiled model, on which `fit`, `evaluate` and `predict` are called.
        inner: the plain model, to save, to count and to look into; on one device the same.
        history: rows of metrics, one per epoch; from `fit` on.
        diagnosis: what watches the training, or `None`; from `fit` on.
        kept: the epoch whose weights the model has, and why; from `fit` on.
        notes: sentences for the user.
    """

    history: callbacks.History
    kept: final_weights.Kept | None = None
    diagnosis: Diagnosis | None = None

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
    ):
        self.strategy = strategy or ONE_DEVICE
        self.recipe, self.splits, self.config = recipe, splits, config
        self.phase, self.previous_rows = phase, previous_rows
        self.training = training = config.training
        if not len(splits.train):
            raise UserError("there are no training examples")
        self.part = part_size(training, len(splits.train))
        self.size = min(training.accumulate * self.part, len(splits.train))
        self.objective = assembly.objective_of(recipe, splits.info, config)
        self.train = splits.train
        if training.class_weight is not None:
            self.train = class_weights.balanced(splits.train, self.objective.task, splits.info)
        self.batches = Batches(self.train, self.size, seed=training.seed, shuffle=True)
        self.steps = len(self.batches)
        ragged = splits.train.lengths is not None
        self.stride = device_defaults.steps_per_execution(
            training, self.steps, self.strategy.num_replicas, ragged
        )
        self.task = heads.find(self.objective.task)
        # Before the model is built: a misspelled metric is found at once.
        self._check_monitor()
        if training.tensorboard:
            callbacks.require_tensorboard()
        self.notes: list[str] = []
        self.maximize = maximizes(training.monitor, self.task.best)
        self.model, self.inner = self._make_model(model)
        self.averages: weight_averaging.WeightAverage | None = None
        # A phase has a part of the epochs; the whole run was checked before.
        if training.swa is not None and phase is None:
            weight_averaging.check(training, self.inner, self.strategy.num_replicas)

    def _check_monitor(self) -> None:
        """Check that every epoch has the metric to monitor, as far as names are known before."""
        metrics = assembly.metric_names(self.objective)
        if metrics is None:
            return
        names = ["loss", *metrics]
        known = [*names, *(f"val_{name}" for name in names)]
        computed = [f"val_{name}" for name in self._computed_metrics()]
        monitor = self.training.monitor
        if monitor not in known + computed:
            raise unknown("metric to monitor", monitor, dict.fromkeys(known + computed))
        if monitor not in known and not len(self.splits.validation):
            raise UserError(f"the data has no validation examples on which to compute {monitor}")

    def _computed_metrics(self) -> tuple[str, ...]:
        """Return the metrics that are computed from predictions, not by Keras."""
        known = assembly.metric_names(self.objective) or ()
        found = scores.names(self.recipe, self.objective.task, self.splits.info)
        return tuple(name for name in found if name not in known)

    def _validation_scores(self) -> dict[str, float]:
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
        return scores.scores_of(self.recipe, self.objective.task, evaluation).metrics

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
        optimizer = make_optimizer(self.training, make_schedule(self.training, self.steps))
        jit = device_defaults.jit(self.training, self.strategy.num_replicas)
        assembly.compile(
            model,
            self.objective,
            optimizer=optimizer,
            jit_compile=jit,
            steps_per_execution=self.stride,
        )
        if self.size > self.part:
            accumulate_gradients(model, self.part, self.strategy.num_replicas)

    def _make_diagnosis(self) -> Diagnosis | None:
        """Create the diagnosis, if each device holds the whole model and there are enough steps."""
        few_steps = self.training.epochs * self.steps < MIN_DIAGNOSED_STEPS
        if not self.training.diagnose or few_steps or not self.strategy.replicates_model:
            return None
        seed = self.training.split_seed
        # Twice as many, as of sequences only the shorter half is kept.
        probe = self.train.sample(2 * PROBE, seed)
        lengths = probe.lengths
        if lengths is not None:
            # The longest sequence would pad all others, at a multiple of the time.
            probe = probe.select(np.flatnonzero(lengths <= np.median(lengths)))
        probe = probe.sample(PROBE, seed)
        validation = self.splits.validation.sample(PROBE, seed)
        diagnosis = Diagnosis(
            probe.take(np.arange(len(probe))),
            settings=self.config.values,
            validation=model_outputs.labels_of(validation) if len(validation) else None,
            model=self.inner,
        )
        return guarded(diagnosis, "the diagnosis", self.notes)

    def _make_checkpoints(self, run: Run) -> callbacks.Checkpoints:
        training = self.training
        self.diagnosis = self._make_diagnosis()
        watches = training.patience is not None or training.schedule == "plateau"
        watched = training.monitor if watches else None
        self.history = callbacks.History(
            run, watched, self.previous_rows, writes=self.strategy.is_chief
        )
        # Their order is that of their states in a checkpoint.
        companions = [self.history, *([self.diagnosis] if self.diagnosis else [])]
        if training.patience is not None:
            mode = "max" if self.maximize else "min"
            stop = keras.callbacks.EarlyStopping(
                training.monitor, patience=training.patience, mode=mode
            )
            companions.append(stop)
        if training.swa is not None:
            first = weight_averaging.first_epoch(training, self.history.earlier)
            self.averages = weight_averaging.WeightAverage(first, self.history.earlier)
            companions.append(self.averages)
        if training.schedule == "plateau":
            warmup = callbacks.WarmUpRate(
                training.learning_rate, warmup_steps(training, self.steps), self.stride
            )
            # A schedule in the optimizer would not let a callback set the learning rate.
            companions += [warmup, callbacks.plateau(training, self.maximize)]
        return callbacks.Checkpoints(
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
        first: list[keras.callbacks.Callback] = [callbacks.StopAtNaN()]
        if self.training.monitor in [f"val_{name}" for name in self._computed_metrics()]:
            # Only where one is watched, for it takes another pass over the validation split.
            first.append(scores.ValidationScores(self.training.monitor, self._validation_scores))
        if self.training.ema is not None:
            first.append(keras.callbacks.SwapEMAWeights())
        if self.training.tensorboard and self.strategy.is_chief:
            board = keras.callbacks.TensorBoard(run.path / "logs")
            first.append(guarded(board, "writing logs for TensorBoard", self.notes))
        # After the history, which has the seconds of the epoch.
        limit = self.training.time
        ends = [] if limit is None else [time_limit.TimeLimit(limit, self.history, self.strategy)]
        # A loss that is not finite must stop the training before it is saved: first and last.
        return [*first, *self.checkpoints.companions, *ends, *observers, self.checkpoints]

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
        with callbacks.stopping(self.checkpoints.request_stop):
            # A resumed epoch has fewer steps than the others, which one call of `fit` cannot have.
            while position["epoch"] < self.training.epochs and not position["finished"]:
                self._fit_from(position["epoch"], position["batch"])
                position, trained = self.checkpoints.resume(), True
        self._restore_final_weights(trained)
        self.notes += self.checkpoints.notes
        epochs = self.history.earlier + self.training.epochs
        self.notes += time_limit.note(self.training, self.history.rows, epochs)

    def _build_state(self) -> None:
        """Create the variables of optimizer and metrics, as Keras does in the first step."""
        self.model.optimizer.build(self.model.trainable_variables)
        few = np.arange(min(self.size, len(self.splits.train)))
        model_outputs.evaluate(self.model, self.splits.train.select(few), self.size, self.strategy)

    def _fit_from(self, epoch: int, batch: int) -> None:
        """Train to the end, or to the end of the epoch if `batch` lies within it."""
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

    def _restore_final_weights(self, trained: bool) -> None:
        """Give the model the weights that the settings ask for: averaged, the best or the last."""
        validated = len(self.splits.validation) > 0
        self.kept = final_weights.choose(
            self.training, self.checkpoints, self.history, validated, self.averages
        )
        final_weights.restore(self.model, self.kept, self.checkpoints, trained)
        if self.averages is not None and self.averages.count:
            batches = Batches(self.train, self.part)
            weight_averaging.assign(self.model, self.averages.arrays, batches)

    @property
    def main_metric(self) -> str:
        """Name of the first metric of the task, else of the first there is, else of the loss."""
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
        return first if isinstance(first, str) and first in names else next(iter(others), "loss")

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
                with files.replacing_path(run.path / "model.keras") as path:
                    inference_model(self.inner).save(path)

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


def inference_model(model: keras.Model) -> keras.Model:
    """Return a functional model without its compilation; another kind of model as it is."""
    if type(model).__name__ == "Functional":
        return keras.Model(model.inputs, model.outputs, name=model.name)
    return model
