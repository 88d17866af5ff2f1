"""Limit of the training time, which a training keeps by whole epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from kerasrecipes.strategies import Strategy
from kerasrecipes.training.callbacks import History
from kerasrecipes.training_settings import Training


def is_up(limit: float | None, rows: Sequence[Mapping[str, float]]) -> bool:
    """Return whether another epoch as long as the last one would exceed the limit.

    Args:
        limit: seconds, or `None` for no limit.
        rows: of the history, each with its `seconds`; those before an interruption count as well.
    """
    if limit is None or not rows:
        return False
    return sum(row["seconds"] for row in rows) + rows[-1]["seconds"] > limit


class TimeLimit(keras.callbacks.Callback):
    """End of the training at the last whole epoch that fits into a time; one epoch always does.

    Args:
        limit: seconds.
        history: the epochs so far and their seconds; it comes before this callback.
        strategy: how the work is spread; the chief's clock decides for all workers.
    """

    def __init__(self, limit: float, history: History, strategy: Strategy):
        super().__init__()
        self.limit, self.history, self.strategy = limit, history, strategy

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop, if the next epoch would not fit."""
        if self.strategy.gather(is_up(self.limit, self.history.rows))[0]:
            self.model.stop_training = True


def note(training: Training, rows: Sequence[Mapping[str, float]], epochs: int) -> list[str]:
    """Return a sentence that says that the time ended the training, if it did.

    Args:
        training: the settings.
        rows: of the history.
        epochs: number of epochs that the training was to have.
    """
    if len(rows) >= epochs or not is_up(training.time, rows):
        return []
    planned = (
        ""
        if training.schedule in ("constant", "plateau", "inverse_sqrt")
        else (
            f"; the {training.schedule} schedule of the learning rate was planned for {epochs}, so "
            f"--epochs {len(rows)} would use the time better"
        )
    )
    return [
        f"the time limit of {spelled(training.time or 0)} ended the training after epoch "
        f"{len(rows)} of {epochs}{planned}"
    ]


def spelled(seconds: float) -> str:
    """Spell a duration as settings do, such as 1h30m."""
    whole = int(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, seconds - whole // 60 * 60
    parts = [(hours, "h"), (minutes, "m"), (round(rest, 3), "s")]
    return "".join(f"{count:g}{unit}" for count, unit in parts if count) or "0s"
