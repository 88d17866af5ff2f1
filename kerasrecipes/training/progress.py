"""Progress bar with metrics for terminals and notebooks; elsewhere a line per epoch."""

from __future__ import annotations

import time
from typing import Any

import keras
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from kerasrecipes import terminal
from kerasrecipes.metrics.names import printed

Logs = dict[str, Any] | None

_REFRESH = 0.2  # seconds between updates, as reading metrics waits for the device


class Progress(keras.callbacks.Callback):
    """Progress bar with epoch, step, remaining time and metrics.

    Args:
        console: where to write; by default standard output.
    """

    # Keras need not wait for the device while the bar is drawn.
    async_safe = True

    def __init__(self, console: Console | None = None):
        super().__init__()
        self.console = console or terminal.new_console()
        # A bar redraws its line with control characters, which would fill a log file.
        self.live = self.console.is_terminal or self.console.is_jupyter
        self._bar: Bar | None = None
        self._drawn = 0.0

    def on_train_begin(self, logs: Logs = None) -> None:
        """Show the bar."""
        if self.live and self._bar is None:
            self._bar = Bar(
                TextColumn("epoch {task.fields[epoch]}"),
                BarColumn(bar_width=24),
                MofNCompleteColumn(),
                TimeRemainingColumn(compact=True),
                TextColumn("{task.fields[metrics]}", markup=False),
                console=self.console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task("", total=None, epoch="", metrics="")

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Show the bar of a pass that computes features."""
        self.on_train_begin()
        if self._bar:
            self._bar.reset(
                self._task, total=self.params.get("images"), epoch="features", metrics=""
            )

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Advance the bar; `batch` counts images."""
        if self._bar:
            self._bar.update(self._task, completed=batch)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Remove the bar."""
        self.close()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Reset the bar."""
        self._epoch = f"{epoch + 1}/{self.params.get('epochs', '?')}"
        if self._bar:
            self._bar.reset(
                self._task, total=self.params.get("steps"), epoch=self._epoch, metrics=""
            )

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Advance the bar, a few times a second."""
        now = time.monotonic()
        if self._bar and now - self._drawn >= _REFRESH:
            self._drawn = now
            self._bar.update(self._task, completed=batch + 1, metrics=_spelled(logs))

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Print a line that stays."""
        self.console.print(f"epoch {self._epoch}  {_spelled(logs)}", soft_wrap=True)

    def on_train_end(self, logs: Logs = None) -> None:
        """Remove the bar."""
        self.close()

    def close(self) -> None:
        """Remove the bar, also after an error."""
        if self._bar:
            self._bar.stop()
            self._bar = None


def _spelled(logs: Logs) -> str:
    shown = {name: value for name, value in (logs or {}).items() if name != "learning_rate"}
    # The name is a key of `history.csv` and a value of `--monitor`, so it is not put in words.
    return "  ".join(f"{name} {printed(name, float(value))}" for name, value in shown.items())
