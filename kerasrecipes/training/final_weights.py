"""Weights that become the model: of which epoch they are, and why.

The best epoch is that of the best checkpoint, which is kept beside the last one. A training that
goes on until the validation loss has risen again loses nothing by it, and the curves and the
diagnosis still see every epoch.
"""

from __future__ import annotations

import warnings
from dataclasses import asdict, dataclass
from typing import Any

import keras

from kerasrecipes.errors import Notice, UserError
from kerasrecipes.metrics.names import printed
from kerasrecipes.training import checkpoints
from kerasrecipes.training.callbacks import History
from kerasrecipes.training.checkpointing import Checkpoints
from kerasrecipes.training.weight_averaging import WeightAverage
from kerasrecipes.training_settings import Training


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Epoch whose weights a training keeps.

    Args:
        epoch: its number, from 1; of an average over epochs the last one.
        epochs: number of epochs that were trained.
        why: the reason.
        monitor: the metric by which it is the best; `None` where none decided.
        value: of this metric.
        what: what is kept, for people; by default the epoch.
    """

    epoch: int
    epochs: int
    why: str
    monitor: str | None = None
    value: float | None = None
    what: str | None = None

    @property
    def sentence(self) -> str:
        """The same for people."""
        what = self.what or f"epoch {self.epoch} of {self.epochs}"
        return f"{what} is kept: {self.why}"

    def to_dict(self) -> dict[str, Any]:
        """Return the entries of `metrics.json`."""
        found = {name: value for name, value in asdict(self).items() if value is not None}
        return {**found, "sentence": self.sentence}


def choose(
    training: Training,
    saved: Checkpoints,
    history: History,
    validated: bool,
    averages: WeightAverage | None = None,
) -> Kept:
    """Choose the epoch whose weights become the model.

    Args:
        training: the settings.
        saved: the checkpoints of the training.
        history: its epochs, after those of earlier phases.
        validated: whether there is a validation split.
        averages: of the weights, where they are averaged.

    Returns:
        The last of the epochs that are averaged, if any are, else the best epoch by the monitor
        where epochs have it, unless the last one is asked for.
    """
    count = len(history.rows)
    if averages is not None and averages.count:
        what = f"the average of the weights of epochs {count - averages.count + 1} to {count}"
        return Kept(epoch=count, epochs=count, why="stochastic weight averaging", what=what)
    why = "the last one, as keep=last has it"
    if training.keep == "best" and saved.best_value is not None:
        try:
            # Each phase counts its epochs from the beginning.
            epoch = history.earlier + checkpoints.load_state(saved.best)["position"]["epoch"]
        except UserError as error:
            return Kept(epoch=count, epochs=count, why=f"the last one, as {error}")
        name, value = training.monitor, saved.best_value
        extreme = "highest" if saved.maximize else "lowest"
        return Kept(
            epoch=epoch,
            epochs=count,
            why=f"its {name} of {printed(name, value)} is the {extreme}",
            monitor=name,
            value=value,
        )
    if training.keep == "best" and not validated:
        why = "the last one, as there is no validation split to choose by"
    elif training.keep == "best" and any(training.monitor in row for row in history.rows):
        why = f"the last one, as {training.monitor} is finite in no epoch"
    elif training.keep == "best":
        why = f"the last one, as epochs have no {training.monitor} to choose by"
    return Kept(epoch=count, epochs=count, why=why)


def restore(model: keras.Model, kept: Kept, saved: Checkpoints, trained: bool) -> None:
    """Give a model the weights that are kept.

    Args:
        model: the compiled model; with a moving average this takes the place of the weights.
        kept: from `choose`.
        saved: the checkpoints of the training.
        trained: whether the model has the weights of the last epoch.
    """
    optimizer: Any = model.optimizer
    averages = bool(getattr(optimizer, "inner_optimizer", optimizer).use_ema)
    best = kept.monitor is not None
    if best or averages or not trained:
        optimizer.build(model.trainable_variables)
        try:
            checkpoints.restore_weights(saved.best if best else saved.last, model)
        except UserError as error:
            if not best:
                raise
            saved.notes.append(f"{error}; the weights of the last epoch were taken instead")
            warnings.warn(saved.notes[-1], Notice, stacklevel=2)
            checkpoints.restore_weights(saved.last, model)
    if averages:
        # Keras keeps the moving average beside the weights; this puts it in their place.
        optimizer.finalize_variable_values(model.trainable_variables)


def better(earlier: Kept, later: Kept, maximize: bool) -> bool:
    """Return whether an earlier phase's best epoch is better than that of a later phase.

    Args:
        earlier: what was kept of the earlier phase.
        later: what was kept of the later one; another monitor cannot be compared.
        maximize: whether a higher value of the monitor is better.
    """
    if earlier.value is None or later.value is None or earlier.monitor != later.monitor:
        return False
    # Of equal ones the earlier is kept, as within a phase.
    return earlier.value >= later.value if maximize else earlier.value <= later.value
