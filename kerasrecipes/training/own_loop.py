"""Training by a loop of the recipe's own, where the data comes into being while the model learns.

The loop decides what a step is; epochs, history, checkpoints, early stopping and the report are
those of every training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kerasrecipes import heads, settings
from kerasrecipes.data.examples import Examples
from kerasrecipes.errors import UserError
from kerasrecipes.info import Info
from kerasrecipes.runs.run import Run
from kerasrecipes.training.checkpointing import Checkpoints
from kerasrecipes.training.memory import Memory
from kerasrecipes.training.trainer import Trainer
from kerasrecipes.training_settings import Training

NOT_METRICS = ("epoch", "learning_rate", "seconds")


class Loop:
    """What a recipe's own loop is given: the model, its world, and the epochs and steps to go.

        def learn(job, *, steps_per_epoch: int = 50):
            for epoch in job.epochs():
                for step in job.steps():
                    random = job.random(epoch, step)
                    …
                    logs = job.model.train_on_batch(x, y, return_dict=True)
                yield {"loss": logs["loss"], "return": …}

    A training that was interrupted calls the loop anew and goes on at the next step, with the same
    bits if all that lasts from step to step is in the model or in `state`, and random numbers come
    from `random`.

    Args:
        model: the compiled model, as the last checkpoint has it.
        info: metadata of the data.
        environment: the world of the agent, or `None`.
        training: the trainer's settings.
        steps_per_epoch: steps of an epoch.
        memory: what was kept of an interrupted training.
        first: epoch and step to begin with.
        driver: Keras's list of callbacks.

    Attributes:
        state: values that last from step to step, by name: what JSON has, and NumPy arrays.
    """

    def __init__(
        self,
        *,
        model: keras.Model,
        info: Info,
        environment: Any,
        training: Training,
        steps_per_epoch: int,
        memory: Memory,
        first: tuple[int, int],
        driver: keras.callbacks.CallbackList,
    ):
        self.model, self.info, self.environment = model, info, environment
        self.training, self.steps_per_epoch = training, steps_per_epoch
        self._memory, self._first, self._driver = memory, first, driver
        self._epoch: int | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What lasts from step to step; change it in place."""
        return self._memory.values

    def random(self, *numbers: int) -> np.random.Generator:
        """Return a generator that depends on the training's seed and on these numbers alone."""
        return np.random.default_rng([self.training.seed, *numbers])

    def epochs(self) -> Iterator[int]:
        """Yield the epochs to go, from 0, or from that in which the training was interrupted.

        Raises:
            UserError: if the loop yielded no row of metrics after one.
        """
        for epoch in range(self._first[0], self.training.epochs):
            if self.model.stop_training:
                return
            if not self._resumes(epoch):
                self.model.reset_metrics()
            self._epoch = epoch
            self._driver.on_epoch_begin(epoch)
            yield epoch
            if self._epoch is not None:
                raise UserError(f"the recipe's loop yields no row of metrics in epoch {epoch + 1}")

    def steps(self) -> Iterator[int]:
        """Yield the steps to go of this epoch, from 0, or from where it was interrupted.

        Between two steps the training may be saved and stopped.
        """
        if self._epoch is None:
            raise UserError("the recipe's loop takes steps outside of the epochs of job.epochs()")
        first = self._first[1] if self._resumes(self._epoch) else 0
        for step in range(first, self.steps_per_epoch):
            self._driver.on_train_batch_begin(step)
            yield step
            self._driver.on_train_batch_end(step, {})

    def run(self, rows: Iterator[Mapping[str, float]]) -> None:
        """Run the recipe's loop to its end.

        Args:
            rows: what the recipe's function returned.

        Raises:
            UserError: if the loop leaves out epochs.
        """
        done = self._first[0]
        for row in rows:
            if self._epoch is None:
                raise UserError("the recipe's loop yields one row for each of job.epochs()")
            epoch, self._epoch = self._epoch, None
            self._driver.on_epoch_end(epoch, {name: float(value) for name, value in row.items()})
            done = epoch + 1
        if done < self.training.epochs and not self.model.stop_training:
            raise UserError(
                f"the recipe's loop ended after {done} of {self.training.epochs} epochs: it has to "
                "go through all of job.epochs()"
            )

    def _resumes(self, epoch: int) -> bool:
        """Return whether a training goes on within this epoch."""
        return epoch == self._first[0] and self._first[1] > 0


class LoopTrainer(Trainer):
    """Training of a recipe that brings its own loop; see `Trainer` for its face."""

    one_fit = False

    def _plan_steps(self) -> None:
        """Take the length of an epoch from the loop's settings."""
        if self.strategy.num_replicas > 1:
            raise UserError(
                "a recipe with a loop of its own trains on one device, not on "
                f"{self.strategy.description}: leave out --strategy {self.strategy.name}"
            )
        if getattr(self.training, "accumulate", 1) > 1:
            raise UserError("--accumulate has no effect on a loop of the recipe's own")
        steps = self._settings().get("steps_per_epoch")
        if not isinstance(steps, int) or steps < 1:
            raise UserError(
                "the recipe's loop needs a setting steps_per_epoch of 1 or more, by which an epoch "
                f"is counted; received {steps}"
            )
        self.steps, self.stride, self.size, self.part = steps, 1, 0, 0

    def _settings(self) -> dict[str, Any]:
        return settings.keywords_for(self.recipe.loop, self.config.settings)

    @property
    def optimizer_steps(self) -> int:
        """Steps that the optimizer takes in an epoch, of which a step of the loop may have many."""
        return self.steps * int(self._settings().get("updates_per_step", 1))

    @property
    def kept_state(self) -> Mapping[str, Any]:
        """What the loop kept, `Loop.state`."""
        return self._memory.values

    def _identity(self) -> dict[str, Any]:
        return {"steps per epoch": self.steps}

    def _check_monitor(self, names: Sequence[str]) -> None:
        """Check nothing: what the loop logs is known when it does."""

    def _check_own_model(self) -> None:
        """Check nothing: how the loop learns is known when it does."""

    @property
    def names_are_known(self) -> bool:
        """False: the loop logs what it likes."""
        return False

    def _make_diagnosis(self) -> None:
        """Return no diagnosis: its rules are about losses on data that stays the same."""
        return None

    def _make_checkpoints(self, run: Run) -> Checkpoints:
        made = super()._make_checkpoints(run)
        self._memory = Memory()
        made.companions = [*made.companions, self._memory]
        return made

    def _build_state(self) -> None:
        """Create the variables of the optimizer and of the task's metrics, by an empty example."""
        self.model.optimizer.build(self.model.trainable_variables)
        if self.task is heads.OWN:
            return
        x = [
            np.zeros([1, *(axis or 1 for axis in i.shape[1:])], i.dtype) for i in self.model.inputs
        ]
        outputs = self.model(x[0] if len(x) == 1 else x)
        labels = {
            name: np.zeros(1 if row.labels == "a class index" else output.shape)
            for (name, row), output in zip(self._rows(), keras.tree.flatten(outputs), strict=True)
        }
        y = labels if isinstance(outputs, dict) else next(iter(labels.values()))
        self.model.test_on_batch(x[0] if len(x) == 1 else x, y)

    def _rows(self) -> list[tuple[str, heads.Head]]:
        return sorted(self.task.outputs.items()) or [("", self.task)]

    def _fit_from(self, epoch: int, batch: int) -> None:
        """Run the loop to the end of the training."""
        driver = keras.callbacks.CallbackList(
            self.callbacks, model=self.model, epochs=self.training.epochs, steps=self.steps
        )
        self.model.stop_training = False
        driver.on_train_begin()
        self.checkpoints.restore_if_resumed()
        loop = Loop(
            model=self.model,
            info=self.splits.info,
            environment=self.splits.environment,
            training=self.training,
            steps_per_epoch=self.steps,
            memory=self._memory,
            first=(epoch, batch),
            driver=driver,
        )
        assert self.recipe.loop is not None, "only recipes with a loop are trained by one"
        loop.run(iter(self.recipe.loop(loop, **self._settings())))
        driver.on_train_end()

    def validation_arguments(self) -> dict[str, Any]:
        """Return nothing: the loop does not call `model.fit`."""
        return {}

    def evaluate(self, examples: Examples) -> dict[str, float]:
        """Return metrics on examples; of an environment's validation those of the last epoch."""
        if len(examples):
            return super().evaluate(examples)
        judged = examples is self.splits.validation and self.splits.environment is not None
        last = self.rows[-1] if judged and self.rows else {}
        return {name: value for name, value in last.items() if name not in NOT_METRICS}

    def predict(self, examples: Examples) -> Any:
        """Return the model's outputs on examples, if there are any."""
        return super().predict(examples) if len(examples) else None
