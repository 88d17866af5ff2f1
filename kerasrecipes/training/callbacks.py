"""Callbacks of the trainer: history, early stopping and the learning rate."""

from __future__ import annotations

import importlib.util
import math
import time
from collections.abc import Sequence
from typing import Any

import keras

from kerasrecipes.errors import UserError, unknown
from kerasrecipes.runs.run import Run
from kerasrecipes.training.schedules import warmup_steps
from kerasrecipes.training_settings import Training

Logs = dict[str, Any] | None


class History(keras.callbacks.Callback):
    """History of the metrics, a row per epoch, in memory and in `history.csv`.

    Args:
        run: the run folder.
        monitor: a metric that every epoch must have, or `None`.
        previous_rows: rows of earlier phases, which stay in front.
        writes: whether this process writes the file.
    """

    def __init__(
        self,
        run: Run,
        monitor: str | None = None,
        previous_rows: Sequence[dict[str, float]] = (),
        writes: bool = True,
    ):
        super().__init__()
        self.run, self.monitor, self.writes = run, monitor, writes
        # Each phase counts its epochs from 0; the history counts on.
        self.earlier = len(previous_rows)
        self.rows: list[dict[str, float]] = list(previous_rows)
        self._began: float | None = None
        self._carried = 0.0  # seconds of the epoch before an interruption

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Start the clock of the epoch."""
        # An interrupted epoch counts what it took before, but not the time in between.
        self._began, self._carried = time.perf_counter() - self._carried, 0.0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Add the epoch's row and write the file."""
        assert self._began is not None, "an epoch ends after it began"
        logs = logs or {}
        if self.monitor and self.monitor not in logs:
            # Keras's callbacks only warn of a metric that is missing, and then never act.
            raise unknown("metric to monitor", self.monitor, logs)
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        # ReduceLROnPlateau adds its learning rate to the logs; it has a column of its own here.
        metrics = {name: float(value) for name, value in logs.items() if name != "learning_rate"}
        seconds = round(time.perf_counter() - self._began, 3)
        self._began = None
        self.rows.append(
            {
                "epoch": self.earlier + epoch + 1,
                **metrics,
                "learning_rate": rate,
                "seconds": seconds,
            }
        )
        if self.writes:
            self.run.write_history(self.rows)

    def state(self) -> dict[str, Any]:
        """Return the state that a resumed training needs."""
        return {
            "rows": self.rows,
            "seconds": time.perf_counter() - self._began if self._began else 0.0,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of an interrupted training."""
        self.rows, self._carried = list(state["rows"]), state["seconds"]


class StopAtNaN(keras.callbacks.Callback):
    """Stop at once when the loss is not finite any more; the last good checkpoint is kept."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Remember the epoch for the message."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Check the loss, and those of parts of the model."""
        self._check(logs, f"at step {batch + 1} of epoch {self._epoch}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Check the validation loss too, before the epoch is saved."""
        self._check(logs, f"after epoch {epoch + 1}")

    def _check(self, logs: Logs, when: str) -> None:
        for name, value in (logs or {}).items():
            if not name.endswith("loss") or math.isfinite(value):
                continue
            raise UserError(
                f"the {name} became {value} {when}; the last good checkpoint is kept; try a lower "
                "--learning-rate, --clip-norm 1, --warmup-epochs 1 or --precision float32"
            )


class WarmUpRate(keras.callbacks.Callback):
    """Warm-up of the learning rate, for the schedule that is itself a callback (plateau).

    Args:
        peak: the learning rate at the end.
        steps: length of the warm-up.
        stride: steps per call of the device.
    """

    def __init__(self, peak: float, steps: int, stride: int = 1):
        super().__init__()
        self.peak, self.steps, self.stride, self.done = peak, steps, stride, 0

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Set the learning rate of the next step."""
        if self.done < self.steps:
            # Keras calls back once per execution, which may be several steps.
            self.done = min(self.steps, self.done + self.stride)
            self.model.optimizer.learning_rate = self.peak * self.done / self.steps

    def state(self) -> dict[str, Any]:
        """Return the state that a resumed training needs."""
        return {"done": self.done}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore the state of an interrupted training."""
        self.done = state["done"]


def early_stopping(training: Training, maximize: bool) -> list[keras.callbacks.Callback]:
    """Create the callbacks that end a training before its last epoch, where the settings ask.

    Args:
        training: the settings.
        maximize: whether a higher value of the monitored metric is better.

    Returns:
        The callbacks, none where all epochs are to be trained.
    """
    found: list[keras.callbacks.Callback] = []
    if training.patience is not None:
        mode = "max" if maximize else "min"
        found.append(
            keras.callbacks.EarlyStopping(training.monitor, patience=training.patience, mode=mode)
        )
    if training.optimizer == "lbfgs":
        # At its minimum the loss stands still; a step that is taken back may raise it before.
        at_rest = {"patience": 5, "min_delta": 1e-7, "mode": "min"}
        found.append(keras.callbacks.EarlyStopping("loss", **at_rest))
    return found


def plateau(
    training: Training, maximize: bool, steps: int, stride: int = 1
) -> list[keras.callbacks.Callback]:
    """Create the callbacks that warm the learning rate up and halve it on a plateau, after half the
    patience.

    Args:
        training: the settings.
        maximize: whether a higher value of the monitored metric is better.
        steps: steps of an epoch.
        stride: steps per call of the device.

    Returns:
        The callbacks, none for another schedule; without early stopping a plateau lasts 5 epochs.
    """
    if training.schedule != "plateau":
        return []
    # A schedule in the optimizer would not let a callback set the learning rate.
    warmup = WarmUpRate(training.learning_rate, warmup_steps(training, steps), stride)
    patience = max(1, (training.patience or 10) // 2)
    mode = "max" if maximize else "min"
    halving = keras.callbacks.ReduceLROnPlateau(
        monitor=training.monitor, factor=0.5, patience=patience, mode=mode
    )
    return [warmup, halving]


def require_tensorboard() -> None:
    """Check that logs for TensorBoard can be written.

    Raises:
        UserError: if TensorFlow or TensorBoard is not installed.
    """
    missing = [
        name for name in ("tensorflow", "tensorboard") if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise UserError(
            f"--tensorboard needs {' and '.join(missing)}: pip install 'kerasrecipes[tensorboard]'"
        )
