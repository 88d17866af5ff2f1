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
from kerasrecipes.training import callbacks, checkpoints, device_defaults, input_pipeline
from kerasrecipes.training.optimizers import make_optimizer
from kerasrecipes.training.schedules import make_schedule, warmup_steps

EVALUATION_BATCH = 256
PROBE = 128  # training examples on which the diagnosis measures
MIN_DIAGNOSED_STEPS = 30  # with fewer steps the curves say nothing
ONE_DEVICE = Strategy("one", "one device")


def load_splits(recipe: Recipe, config: Config, trained_info: Info | None = None) -> Splits:
    """Load the data and preprocess it for the recipe's builder.

    Args:
        recipe: the recipe.
        config: names the data, and the settings of its preprocessing.
        trained_info: metadata of an earlier training, whose model is to be evaluated on this data.

    Returns:
        The splits, preprocessed.

    Raises:
        UserError: if the data is not available or does not fit the recipe.
    """
    _, source, path = find_source(config.data, recipe)
    seed = config.training.split_seed
    request = Request(path=path, seed=seed, options=config.options, trained_info=trained_info)
    splits = replace(source.load(request), trained_info=trained_info)
    if config.limit is not None:
        splits = splits.limited(config.limit, seed)
    return prepare(recipe, splits, config)


def prepare(recipe: Recipe, splits: Splits, config: Config) -> Splits:
    """Preprocess splits by the recipe's own `prepare`, if it has one.

    Args:
        recipe: the recipe.
        splits: what a source gives, with the metadata of an earlier training if there is one.
        config: the configuration, of which the settings of `prepare` are used.

    Returns:
        What `Recipe.build` expects; the splits as they are where the recipe has no `prepare`.
    """
    if recipe.prepare is None:
        return splits
    return recipe.prepare(splits, **settings.keywords_for(recipe.prepare, config.settings))


def build(recipe: Recipe, info: Info, config: Config) -> keras.Model:
    """Build the recipe's model, uncompiled, with the chosen precision.

    Args:
        recipe: the recipe.
        info: metadata of the data.
        config: the settings.

    Returns:
        An uncompiled `keras.Model`, from a batch of the prepared data to the head's outputs.
    """
    with device_defaults.dtype_policy(config.training):
        return recipe.build(info, **settings.keywords_for(recipe.build, config.settings))


def objective_of(recipe: Recipe, info: Info, config: Config) -> Objective:
    """Return the recipe's objective for the metadata and the settings.

    Args:
        recipe: the recipe.
        info: metadata of the data.
        config: the settings.
    """
    function = recipe.objective if callable(recipe.objective) else None
    return recipe.objective_for(info, **settings.keywords_for(function, config.settings))


def compile(model: keras.Model, objective: Objective, **options: Any) -> None:
    """Compile a model with the objective's loss and metrics.

    Args:
        model: the model.
        objective: loss to minimise and metrics to report.
        options: further arguments of `model.compile`.
    """
    loss = objective.loss if objective.loss is not None else heads.losses(objective.task)
    if objective.metrics is None:
        metrics = heads.metrics(objective.task)
    else:
        metrics = [metric() if callable(metric) else metric for metric in objective.metrics]
    model.compile(loss=loss() if callable(loss) else loss, metrics=metrics, **options)


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
        notes: sentences for the user.
    """

    history: callbacks.History
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
        size = len(splits.train) if training.batch_size == "all" else training.batch_size
        self.size = min(size, len(splits.train))
        self.batches = Batches(splits.train, self.size, seed=training.seed, shuffle=True)
        self.steps = len(self.batches)
        ragged = splits.train.lengths is not None
        self.stride = device_defaults.steps_per_execution(
            training, self.steps, self.strategy.num_replicas, ragged
        )
        self.objective = objective_of(recipe, splits.info, config)
        self.task = heads.find(self.objective.task)
        # Before the model is built: a misspelled metric is found at once.
        self._check_monitor()
        if training.tensorboard:
            callbacks.require_tensorboard()
        self.notes: list[str] = []
        self.maximize = maximizes(training.monitor, self.task.best)
        self.model, self.inner = self._make_model(model)

    def _check_monitor(self) -> None:
        """Check that every epoch has the metric to monitor, as far as names are known before."""
        metrics = metric_names(self.objective)
        if metrics is None:
            return
        names = ["loss", *metrics]
        known = [*names, *(f"val_{name}" for name in names)]
        if self.training.monitor not in known:
            raise unknown("metric to monitor", self.training.monitor, known)

    def _make_model(self, model: keras.Model | None) -> tuple[keras.Model, keras.Model]:
        if self.training.deterministic:
            device_defaults.make_deterministic()
        # After loading and right before building, so that the weights depend on the seed alone.
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
        """Create the diagnosis, if each device holds the whole model and there are enough steps."""
        few_steps = self.training.epochs * self.steps < MIN_DIAGNOSED_STEPS
        if not self.training.diagnose or few_steps or not self.strategy.replicates_model:
            return None
        seed = self.training.split_seed
        # Twice as many, as of sequences only the shorter half is kept.
        probe = self.splits.train.sample(2 * PROBE, seed)
        lengths = probe.lengths
        if lengths is not None:
            # The longest sequence would pad all others, at a multiple of the time.
            probe = probe.select(np.flatnonzero(lengths <= np.median(lengths)))
        probe = probe.sample(PROBE, seed)
        validation = self.splits.validation.sample(PROBE, seed)
        return Diagnosis(
            probe.take(np.arange(len(probe))),
            settings=self.config.values,
            validation=labels_of(validation) if len(validation) else None,
            model=self.inner,
        )

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
        if self.training.ema is not None:
            first.append(keras.callbacks.SwapEMAWeights())
        if self.training.tensorboard and self.strategy.is_chief:
            first.append(keras.callbacks.TensorBoard(run.path / "logs"))
        # A loss that is not finite must stop the training before it is saved: first and last.
        return [*first, *self.checkpoints.companions, *observers, self.checkpoints]

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
        if resume and self.checkpoints.last.is_file():
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

    def _build_state(self) -> None:
        """Create the variables of optimizer and metrics, as Keras does in the first step."""
        self.model.optimizer.build(self.model.trainable_variables)
        few = np.arange(min(self.size, len(self.splits.train)))
        evaluate(self.model, self.splits.train.select(few), self.size, self.strategy)

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
        return min(len(examples), max(self.size, EVALUATION_BATCH))

    def _restore_final_weights(self, trained: bool) -> None:
        """Restore the best weights where early stopping watched, else the last ones."""
        early_stopping = self.training.patience is not None
        keep = self.checkpoints.best if early_stopping else self.checkpoints.last
        if not trained or early_stopping or self.training.ema is not None:
            self.model.optimizer.build(self.model.trainable_variables)
            checkpoints.restore_weights(keep, self.model)
        if self.training.ema is not None:
            # Keras keeps the moving average beside the weights; this puts it in their place.
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)

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

    def save(self, run: Run) -> None:
        """Write `model.keras`: the model without the optimizer's state."""
        with self.strategy.saving() as here:
            if here:
                with files.replacing_path(run.path / "model.keras") as path:
                    inference_model(self.inner).save(path)

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return loss and metrics on examples, by name."""
        return evaluate(self.model, examples, self._evaluation_size(examples), self.strategy)

    def predict(self, examples: Examples) -> Any:
        """Return the model's outputs on examples, in their order."""
        return predict(self.model, examples, self._evaluation_size(examples), self.strategy)

    def features(self, examples: Examples) -> Any:
        """Return features of examples from a frozen base, `(examples, units)`, if there is one."""
        return None

    def labels(self, examples: Examples) -> Any:
        """Return the labels of examples, in their order."""
        return labels_of(examples)


def metric_names(objective: Objective) -> list[str] | None:
    """Return the names of an objective's metrics; `None` for several outputs, which Keras names."""
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
    """Compute a compiled model's loss and metrics on examples.

    Args:
        model: compiled.
        examples: what to evaluate on.
        size: examples per batch.
        strategy: how the work is spread over devices.

    Returns:
        Their values by name; empty if there are no examples.
    """
    if not len(examples):
        return {}
    given = input_pipeline.epoch_batches(Batches(examples, min(size, len(examples))), strategy)
    result = model.evaluate(**given, return_dict=True, verbose=0)
    return {name: float(value) for name, value in result.items()}


def predict(
    model: keras.Model,
    examples: Examples,
    size: int = EVALUATION_BATCH,
    strategy: Strategy = ONE_DEVICE,
) -> Any:
    """Compute a model's outputs on examples, in their order.

    Args:
        model: the model.
        examples: what to predict.
        size: examples per batch.
        strategy: how the work is spread over devices.

    Returns:
        `(examples, …)` for each output. Outputs for each entry of a sequence are all as long as the
        longest example is when padded.
    """
    if examples.lengths is None:
        batches = Batches(examples, min(size, len(examples)))
        given = input_pipeline.epoch_batches(batches, strategy, "predict")
        return model.predict(**given, verbose=0)
    # Keras joins the outputs of batches, which must have one length then.
    groups = examples.groups() if _outputs_by_entry(model) else [np.arange(len(examples))]
    outputs, indices = [], []
    for group in groups:
        batches = Batches(examples.select(group), min(size, len(group)))
        indices.append(group[batches.order(0)])
        given = input_pipeline.epoch_batches(batches, strategy, "predict")
        outputs.append(model.predict(**given, verbose=0))
    # Groups and batches come by length: back to the order of the examples.
    order = np.argsort(np.concatenate(indices))
    return keras.tree.map_structure(lambda *pieces: _concatenate(pieces)[order], *outputs)


def _outputs_by_entry(model: keras.Model) -> bool:
    """Return whether a model's outputs may be as long as its inputs."""
    outputs = keras.tree.flatten(getattr(model, "outputs", None))
    return any(
        tensor is None or (len(tensor.shape) > 1 and tensor.shape[1] is None) for tensor in outputs
    )


def labels_of(examples: Examples, size: int = 4096) -> Any:
    """Return the labels of examples, in their order.

    Args:
        examples: with labels.
        size: examples that are taken at a time.
    """
    starts = range(0, len(examples), size)
    labels = [examples.take(np.arange(s, min(s + size, len(examples))))[1] for s in starts]
    return keras.tree.map_structure(lambda *pieces: _concatenate(pieces), *labels)


def _concatenate(pieces: Sequence[np.ndarray]) -> np.ndarray:
    """Concatenate arrays along the first axis, with the second padded with zeros."""
    if pieces[0].ndim > 1 and len({piece.shape[1] for piece in pieces}) > 1:
        longest = max(piece.shape[1] for piece in pieces)
        inner = [(0, 0)] * (pieces[0].ndim - 2)
        pieces = [
            np.pad(piece, [(0, 0), (0, longest - piece.shape[1]), *inner]) for piece in pieces
        ]
    return np.concatenate(pieces)


def inference_model(model: keras.Model) -> keras.Model:
    """Return a functional model without its compilation; another kind of model as it is."""
    if type(model).__name__ == "Functional":
        return keras.Model(model.inputs, model.outputs, name=model.name)
    return model
