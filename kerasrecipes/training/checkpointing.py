"""Checkpoints of a training: the callback that saves its whole state, and restores it."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerasrecipes import files
from kerasrecipes.errors import Interrupted, Notice, UserError
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy
from kerasrecipes.training import checkpoints
from kerasrecipes.training.callbacks import Logs
from kerasrecipes.training.memory import Memory
from kerasrecipes.training.weight_averaging import WeightAverage

# Steps between the moments at which several workers agree whether to save or to stop: a collective
# operation at every step would take time.
AGREE_EVERY = 16


class Checkpoints(keras.callbacks.Callback):
    """Checkpoints after each epoch, within one by the clock, and when asked to stop.

    It belongs at the end of the list of callbacks, so that it saves the state that the others have
    after the same step.

    Args:
        run: the run folder; `checkpoints/last.npz`, the one before it and `checkpoints/best.npz`
            appear there.
        steps: steps in an epoch.
        stride: steps per call of the device.
        seconds: time between checkpoints within an epoch.
        monitor: the metric by which the best epoch is chosen.
        maximize: whether a higher value is better.
        companions: callbacks whose state is saved with the model's.
        identity: values that must be equal when the training is resumed, by name.
        strategy: how the work is spread; its workers save and stop together, and the chief writes.
        folder: of the checkpoints; by default `checkpoints` of the run.
    """

    def __init__(
        self,
        run: Run,
        *,
        steps: int,
        stride: int,
        seconds: float,
        monitor: str,
        maximize: bool,
        companions: Sequence[keras.callbacks.Callback],
        identity: dict[str, Any],
        strategy: Strategy,
        folder: Path | None = None,
    ):
        super().__init__()
        self.run = run
        folder = folder or run.path / "checkpoints"
        files.make_folder(folder)
        self.last, self.best = folder / "last.npz", folder / "best.npz"
        self.steps, self.stride, self.seconds = steps, stride, seconds
        self.monitor, self.maximize = monitor, maximize
        self.companions, self.identity, self.strategy = companions, identity, strategy
        self.best_value: float | None = None
        self.stop_requested = False
        self.notes: list[str] = []
        self._position: dict[str, Any] = {"epoch": 0, "batch": 0}
        self._pending = False
        # The intact checkpoint that a resumed training begins with.
        self._source: Path | None = None

    def request_stop(self) -> None:
        """Request to save and stop at the end of the current step."""
        self.stop_requested = True

    @property
    def there(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return self.last.is_file() or checkpoints.previous_of(self.last).is_file()

    def resume(self) -> dict[str, Any]:
        """Read the position of the last checkpoint; variables are restored in the first epoch.

        Returns:
            The position, `{"epoch": …, "batch": …, "finished": …}`.

        Raises:
            UserError: if data or settings are not those of the checkpoint.
        """
        self._source, state, problem = checkpoints.newest(self.last)
        if problem is not None:
            self.notes.append(f"{problem}; the training went on from the one before it")
            warnings.warn(self.notes[-1], Notice, stacklevel=2)
        for name, value in self.identity.items():
            if state["identity"].get(name) != value:
                raise UserError(
                    f"cannot resume: {name} was {state['identity'].get(name)} and is now {value}"
                )
        self._position, self._pending = state["position"], True
        # Those of Keras wait for the first epoch, as `on_train_begin` resets them.
        self._restore_callbacks(state, own=True)
        return state["position"]

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Restore the checkpoint, in the first epoch of a resumed training."""
        self.restore_if_resumed()
        self._epoch = epoch
        self._done = self._position["batch"] if self._position["epoch"] == epoch else 0
        self._saved_at = time.perf_counter()

    def restore_if_resumed(self) -> None:
        """Restore model and callbacks from the last checkpoint, once after `resume`."""
        if not self._pending:
            return
        assert self._source is not None, "restoring follows resuming"
        state = checkpoints.restore(self._source, self.model)
        if state["position"]["batch"] == 0:
            self.model.reset_metrics()  # they were saved with the values of the validation
        self._pending = False
        self._restore_callbacks(state, own=False)

    def _restore_callbacks(self, state: dict[str, Any], own: bool) -> None:
        """Restore our own callbacks, or those of Keras, which reset themselves first."""
        self.best_value = state["best"]
        for callback, saved in zip(self.companions, state["callbacks"], strict=True):
            if hasattr(callback, "restore") == own:
                set_state(callback, saved)
                if isinstance(callback, WeightAverage):
                    callback.arrays = checkpoints.load_averages(self.last)
            if own and isinstance(callback, Memory):
                callback.restore_arrays(checkpoints.load_arrays(self._source or self.last))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save by the clock or on request; the end of an epoch is saved by itself."""
        self._done += self.stride
        # `on_epoch_end` saves it after the validation, with the state that the callbacks have then.
        if self._done >= self.steps:
            return
        stop = self._agreed(self.stop_requested)
        if stop or self._agreed(time.perf_counter() - self._saved_at >= self.seconds):
            self._save(self.last, self._epoch, self._done)
        if stop:
            raise Interrupted("training was stopped and its state is saved")

    def _agreed(self, wish: bool) -> bool:
        """Return whether any worker wishes so; several workers agree only now and then."""
        if self.strategy.num_workers == 1:
            return wish
        # Workers count the same steps, so all of them come to the exchange together.
        return self._done % AGREE_EVERY == 0 and any(self.strategy.gather(wish))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save the end of the epoch, and the best one so far."""
        value = (logs or {}).get(self.monitor)
        # An epoch without a number for it would stay the best: nothing is better than NaN.
        better = (
            value is not None
            and math.isfinite(value)
            and (
                self.best_value is None
                or (value > self.best_value if self.maximize else value < self.best_value)
            )
        )
        if better:
            self.best_value = value
        # Early stopping is called before, and a resumed training must not go on after it.
        finished = bool(self.model.stop_training)
        # The best one first: who is killed in between repeats the epoch, and saves it again.
        values = self._save(self.best, epoch + 1, 0, finished=finished) if better else None
        self._save(self.last, epoch + 1, 0, finished=finished, values=values)
        if any(self.strategy.gather(self.stop_requested)) and not finished:
            raise Interrupted("training was stopped and its state is saved")

    def _save(
        self,
        path: Path,
        epoch: int,
        batch: int,
        *,
        finished: bool = False,
        values: list[np.ndarray] | None = None,
    ) -> list[np.ndarray]:
        # All workers read, as some hold variables in parts; only one of them writes.
        values = checkpoints.read(self.model) if values is None else values
        state = {
            "position": {"epoch": epoch, "batch": batch, "finished": finished},
            "identity": self.identity,
            "best": self.best_value,
            "callbacks": [get_state(callback) for callback in self.companions],
        }
        averaging = [one for one in self.companions if isinstance(one, WeightAverage)]
        averages = [array for one in averaging for array in one.arrays]
        with self.strategy.saving() as here:
            if here:
                if self.run.lock is not None:
                    self.run.lock.check()
                # A damaged one must not take the place of the intact one before it.
                keep = path == self.last and self._source in (None, path)
                # Of the best epoch only the model is wanted, without an agent's memory.
                kept = [c.arrays() for c in self.companions if isinstance(c, Memory)]
                arrays = {n: a for group in kept for n, a in group.items()}
                arrays = arrays if path == self.last else {}
                checkpoints.save(path, values, state, averages, arrays, keep=keep)
        if path == self.last:
            self._source = path
        self._saved_at = time.perf_counter()
        return values


def get_state(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """Return the plain values that a callback keeps from epoch to epoch."""
    if hasattr(callback, "state"):
        return callback.state()
    # Callbacks of Keras have no interface for their state: counters and best values are plain.
    kinds = (bool, int, float, str, type(None))
    return {
        k: v for k, v in vars(callback).items() if isinstance(v, kinds) and not k.startswith("_")
    }


def set_state(callback: keras.callbacks.Callback, state: dict[str, Any]) -> None:
    """Restore a callback from the values of `get_state`.

    Args:
        callback: ours, with `restore`, or one of Keras.
        state: of a callback of the same kind.
    """
    if hasattr(callback, "restore"):
        callback.restore(state)
    else:
        vars(callback).update(state)
