"""What happens beside the steps: history, checkpoints, the end of a training."""

from __future__ import annotations

import importlib.util
import math
import signal
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras

from kerasrecipes.errors import Interrupted, UserError, unknown
from kerasrecipes.recipe import Training
from kerasrecipes.runs.run import Run
from kerasrecipes.strategies import Strategy
from kerasrecipes.training import checkpoints

# Steps between the moments at which several workers ask each other whether to save or to stop.
AGREE_EVERY = 16


class History(keras.callbacks.Callback):
    """Keeps a row per epoch, in memory and in `history.csv`.

    Args:
        run: the run folder.
        monitor: a figure that must be among those of each epoch, or `None`.
        before: rows of earlier phases, which stay in front.
        writes: whether this process writes the file.
    """

    def __init__(
        self,
        run: Run,
        monitor: str | None = None,
        before: Sequence[dict[str, float]] = (),
        writes: bool = True,
    ):
        super().__init__()
        self.run, self.monitor, self.earlier, self.writes = run, monitor, len(before), writes
        self.rows: list[dict[str, float]] = list(before)
        self._began: float | None = None
        self._carried = 0.0  # seconds of the epoch that went by before an interruption

    def on_epoch_begin(self, epoch, logs=None):
        """Note the time."""
        self._began, self._carried = time.perf_counter() - self._carried, 0.0

    def on_epoch_end(self, epoch, logs=None):
        """Write the epoch's row."""
        if self.monitor and self.monitor not in logs:
            raise unknown("figure to monitor", self.monitor, logs)
        rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))
        figures = {name: float(value) for name, value in logs.items() if name != "learning_rate"}
        seconds = round(time.perf_counter() - self._began, 3)
        self._began = None
        self.rows.append(
            {
                "epoch": self.earlier + epoch + 1,
                **figures,
                "learning_rate": rate,
                "seconds": seconds,
            }
        )
        if self.writes:
            self.run.write_history(self.rows)

    def state(self) -> dict[str, Any]:
        """Give what a resumed training needs."""
        return {
            "rows": self.rows,
            "seconds": time.perf_counter() - self._began if self._began else 0.0,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.rows, self._carried = list(state["rows"]), state["seconds"]


class StopAtNaN(keras.callbacks.Callback):
    """Stops at once when the loss is no longer a number; the last good checkpoint stays."""

    def on_epoch_begin(self, epoch, logs=None):
        """Note the epoch."""
        self._epoch = epoch + 1

    def on_train_batch_end(self, batch, logs=None):
        """Look at the loss."""
        self._look(logs, "loss", f"at step {batch + 1} of epoch {self._epoch}")

    def on_epoch_end(self, epoch, logs=None):
        """Look at the validation's loss, before the epoch is saved."""
        self._look(logs, "val_loss", f"after epoch {epoch + 1}")

    def _look(self, logs, name: str, when: str) -> None:
        value = (logs or {}).get(name)
        if value is not None and not math.isfinite(value):
            raise UserError(
                f"the {name} became {value} {when}; the last good checkpoint is kept; "
                "try a lower --learning-rate, --clip-norm 1, --warmup-epochs 1 or --precision float32"
            )


class WarmUpRate(keras.callbacks.Callback):
    """Raises the learning rate step by step to its peak, where no schedule does.

    Args:
        peak: the learning rate at the end.
        steps: length of the warm-up.
        stride: steps per call of the device.
    """

    def __init__(self, peak: float, steps: int, stride: int = 1):
        super().__init__()
        self.peak, self.steps, self.stride, self.done = peak, steps, stride, 0

    def on_train_batch_begin(self, batch, logs=None):
        """Set the rate of the coming step."""
        if self.done < self.steps:
            self.done = min(self.steps, self.done + self.stride)
            self.model.optimizer.learning_rate = self.peak * self.done / self.steps

    def state(self) -> dict[str, Any]:
        """Give what a resumed training needs."""
        return {"done": self.done}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`."""
        self.done = state["done"]


class Checkpoints(keras.callbacks.Callback):
    """Saves the state of the training: after each epoch, within one by the clock, and when asked to
    stop.

    It belongs at the end of the list, so that what it saves includes what the others did.

    Args:
        run: the run folder; `checkpoints/last.npz` and `checkpoints/best.npz` appear there.
        steps: steps in an epoch.
        stride: steps per call of the device.
        seconds: time between checkpoints within an epoch.
        monitor: the figure by which the best epoch is known.
        maximize: whether more of it is better.
        companions: callbacks whose state belongs to the training's.
        identity: facts that must be the same when the training goes on.
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
        folder = folder or run.path / "checkpoints"
        folder.mkdir(parents=True, exist_ok=True)
        self.last, self.best = folder / "last.npz", folder / "best.npz"
        self.steps, self.stride, self.seconds = steps, stride, seconds
        self.monitor, self.maximize = monitor, maximize
        self.companions, self.identity, self.strategy = companions, identity, strategy
        self.best_value: float | None = None
        self.stop_requested = False
        self._position = {"epoch": 0, "batch": 0}
        self._pending = False

    def request_stop(self) -> None:
        """Ask to save and stop at the end of the running step."""
        self.stop_requested = True

    def resume(self) -> dict[str, Any]:
        """Read where to go on; the variables follow when the first epoch begins.

        Returns:
            The position, `{"epoch": …, "batch": …, "finished": …}`.

        Raises:
            UserError: if data or settings are not those of the checkpoint.
        """
        state = checkpoints.load_state(self.last)
        for name, value in self.identity.items():
            if state["identity"].get(name) != value:
                raise UserError(
                    f"cannot resume: {name} was {state['identity'].get(name)} and is now {value}"
                )
        self._position, self._pending = state["position"], True
        self._adopt(state, own=True)
        return state["position"]

    def on_epoch_begin(self, epoch, logs=None):
        """Restore the checkpoint, in the first epoch of a resumed training."""
        if self._pending:
            self.restore()
        self._epoch = epoch
        self._done = self._position["batch"] if self._position["epoch"] == epoch else 0
        self._saved_at = time.perf_counter()

    def restore(self) -> None:
        """Bring model and callbacks to the last checkpoint."""
        state = checkpoints.restore(self.last, self.model)
        if state["position"]["batch"] == 0:
            self.model.reset_metrics()  # They were saved holding the validation's figures.
        self._pending = False
        self._adopt(state, own=False)

    def _adopt(self, state: dict[str, Any], own: bool) -> None:
        """Give callbacks their state back: our own before the training, Keras's after they reset
        themselves.
        """
        self.best_value = state["best"]
        for callback, saved in zip(self.companions, state["callbacks"], strict=True):
            if hasattr(callback, "restore") == own:
                set_state(callback, saved)

    def on_train_batch_end(self, batch, logs=None):
        """Save by the clock, or because a stop was asked for; the end of an epoch saves itself."""
        self._done += self.stride
        if self._done >= self.steps:
            return
        stop = self._agreed(self.stop_requested)
        if stop or self._agreed(time.perf_counter() - self._saved_at >= self.seconds):
            self._save(self.last, self._epoch, self._done)
        if stop:
            raise Interrupted("training was stopped and its state is saved")

    def _agreed(self, wish: bool) -> bool:
        """Tell whether any worker wishes so; several workers ask each other only now and then, for
        it takes time.
        """
        if self.strategy.num_workers == 1:
            return wish
        return self._done % AGREE_EVERY == 0 and any(self.strategy.gather(wish))

    def on_epoch_end(self, epoch, logs=None):
        """Save the epoch's end, and the best so far."""
        value = (logs or {}).get(self.monitor)
        better = value is not None and (
            self.best_value is None
            or (value > self.best_value if self.maximize else value < self.best_value)
        )
        if better:
            self.best_value = value
        finished = bool(self.model.stop_training)
        values = self._save(self.last, epoch + 1, 0, finished=finished)
        if better:
            self._save(self.best, epoch + 1, 0, finished=finished, values=values)
        if any(self.strategy.gather(self.stop_requested)) and not finished:
            raise Interrupted("training was stopped and its state is saved")

    def _save(self, path, epoch: int, batch: int, *, finished: bool = False, values=None):
        values = checkpoints.read(self.model) if values is None else values
        state = {
            "position": {"epoch": epoch, "batch": batch, "finished": finished},
            "identity": self.identity,
            "best": self.best_value,
            "callbacks": [get_state(callback) for callback in self.companions],
        }
        with self.strategy.saving() as here:
            if here:
                checkpoints.save(path, values, state)
        self._saved_at = time.perf_counter()
        return values


def get_state(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """Give the plain values that a callback carries from epoch to epoch."""
    if hasattr(callback, "state"):
        return callback.state()
    kinds = (bool, int, float, str, type(None))
    return {
        k: v for k, v in vars(callback).items() if isinstance(v, kinds) and not k.startswith("_")
    }


def set_state(callback: keras.callbacks.Callback, state: dict[str, Any]) -> None:
    """Give a callback the values of `get_state` back."""
    if hasattr(callback, "restore"):
        callback.restore(state)
    else:
        vars(callback).update(state)


def plateau(training: Training, maximize: bool) -> keras.callbacks.Callback:
    """Divide the learning rate by two after a while without improvement, half the patience if there
    is one.
    """
    patience = max(1, (training.patience or 10) // 2)
    mode = "max" if maximize else "min"
    return keras.callbacks.ReduceLROnPlateau(
        monitor=training.monitor, factor=0.5, patience=patience, mode=mode
    )


def require_tensorboard() -> None:
    """Make sure that logs for TensorBoard can be written.

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


@contextmanager
def stopping(request: Callable[[], None]):
    """Turn the first Ctrl-C or SIGTERM within the block into a polite request; the second acts at
    once.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.getsignal(kind) for kind in kinds}

    def handle(number, frame):
        request()
        for kind, handler in before.items():
            signal.signal(kind, handler)

    for kind in kinds:
        signal.signal(kind, handle)
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
