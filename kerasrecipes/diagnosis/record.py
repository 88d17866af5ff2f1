"""Record of a training as the rules read it: curves as arrays, NaN where a number is missing."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from kerasrecipes.diagnosis.thresholds import limit
from kerasrecipes.metrics.names import number

# Losses of differences whose constant prediction has to be computed by the loss itself.
DIFFERENCES = ("scaled", "huber", "huber_loss", "log_cosh", "mean_squared_logarithmic_error")


class Reading:
    """Record of a training, with the statistics that the rules ask for.

    Args:
        record: `Diagnosis.record`.
        settings: of the run, by name, if they are known.
    """

    def __init__(
        self, record: Mapping[str, Any], settings: Mapping[str, Any] | None = None
    ) -> None:
        self.record = record
        self.patience: int = (settings or {}).get("patience") or 0
        self.keeps_best: bool = (settings or {}).get("keep") == "best"
        self.optimizer: str = (settings or {}).get("optimizer") or ""
        # Of a game of two networks: a critic's scores are no verdict on each image.
        self.critic: bool = (settings or {}).get("loss") == "wasserstein"
        # Scores of a critic, and what a generator learns of them with `hinge`, have no scale.
        self.scaleless: tuple[str, ...] = {
            "wasserstein": ("generator_loss", "discriminator_loss"),
            "hinge": ("generator_loss",),
        }.get((settings or {}).get("loss") or "", ())
        # The discriminator's loss where it tells nothing; without a choice of losses it is halved.
        chances = {"hinge": 2.0, "least_squares": 0.25, None: math.log(2)}
        self.chance_of_game: float = chances.get((settings or {}).get("loss"), math.log(4))
        # And where it tells all: of a smoothed target the cross-entropy is never below its entropy.
        smoothing = (settings or {}).get("label_smoothing") or 0.0
        is_entropy = (settings or {}).get("loss") in ("minimax", "non_saturating")
        self.floor_of_game: float = _entropy(smoothing) if is_entropy else 0.0
        # Of a generator that learns by the absolute error as well.
        self.l1_weight: float | None = (settings or {}).get("l1_weight")
        self.moments: list[Mapping[str, Any]] = list(record.get("moments", ()))
        self.epochs: list[Mapping[str, Any]] = list(record.get("epochs", ()))
        self.columns: Mapping[str, Any] = record.get("columns") or {}
        self.labels: Mapping[str, Any] = record.get("labels") or {}
        self.layers: list[Mapping[str, Any]] = list(record.get("layers", ()))

    def curve(self, name: str) -> np.ndarray:
        """The values of a log at each epoch, NaN where it is missing or not finite."""
        return _array([epoch.get(name) for epoch in self.epochs])

    def last(self, name: str, epochs: int = 3) -> float:
        """Return the median of a log over the last epochs.

        Args:
            name: of the log.
            epochs: how many count.

        Returns:
            The median; NaN where it is not logged, or not so often.
        """
        values = self.curve(name)
        values = values[np.isfinite(values)]
        return float(np.median(values[-epochs:])) if len(values) >= epochs else float("nan")

    @cached_property
    def loss(self) -> np.ndarray:
        """The training loss at each epoch."""
        return self.curve("loss")

    @cached_property
    def validation_loss(self) -> np.ndarray:
        """The validation loss at each epoch, empty without validation."""
        return (
            self.curve("val_loss")
            if any("val_loss" in epoch for epoch in self.epochs)
            else np.empty(0)
        )

    @cached_property
    def constant_loss(self) -> float | None:
        """The loss of the best constant prediction; None where the loss is of an unknown kind."""
        value = self.labels.get("constant_losses", {}).get(self.record.get("loss") or "")
        return value if value is not None and value > 0 else None

    @cached_property
    def validation_constant_loss(self) -> float | None:
        """The validation loss of that prediction, else its training loss."""
        name, known = self.record.get("loss") or "", self.labels.get("validation_losses", {})
        value = known.get(name, self._as_share(known))
        return value if value is not None and value > 0 else self.constant_loss

    def _as_share(self, known: Mapping[str, float]) -> float | None:
        """Return a loss of differences with a scale of its own, from the squared error that is
        known: as large a share of the constant prediction's.
        """
        name, squared = self.record.get("loss") or "", known.get("mean_squared_error")
        if name not in DIFFERENCES or squared is None or self.constant_loss is None:
            return None
        return squared / self.labels["constant_losses"]["mean_squared_error"] * self.constant_loss

    @cached_property
    def loss_before(self) -> float | None:
        """The loss before training, if it was measured and is finite."""
        value = self.moments[0].get("loss") if self.moments else None
        before = value is not None and self.moments[0]["step"] == 0
        return float(value) if before and value is not None and np.isfinite(value) else None

    @cached_property
    def first_loss(self) -> float:
        """The loss before training, or the earliest there is."""
        values = [moment.get("loss") for moment in self.moments[:1]] + list(self.loss[:1])
        return next(
            (float(value) for value in values if value is not None and np.isfinite(value)),
            float("nan"),
        )

    @cached_property
    def unit(self) -> float:
        """The loss as the unit of others: of the best constant prediction, else before training."""
        return self.constant_loss or self.first_loss or float("nan")

    @cached_property
    def explained(self) -> float:
        """Share of the loss that training removed: 0 is a constant prediction, 1 is no loss."""
        finite = self.loss[np.isfinite(self.loss)]
        return 1 - float(finite.min()) / self.unit if finite.size and self.unit else float("nan")

    @cached_property
    def best(self) -> float:
        """The lowest training loss of an epoch."""
        return float(np.nanmin(self.loss)) if np.isfinite(self.loss).any() else float("nan")

    @cached_property
    def best_validation(self) -> float:
        """The lowest validation loss of an epoch."""
        losses = self.validation_loss
        return float(np.nanmin(losses)) if np.isfinite(losses).any() else float("nan")

    @cached_property
    def moved(self) -> float:
        """Share of the loss removed from a constant prediction's, or from the first epoch's."""
        if self.constant_loss is not None:
            return self.explained
        return (
            1 - self.best / float(self.loss[0]) if len(self.loss) and self.loss[0] else float("nan")
        )

    @cached_property
    def failed(self) -> bool:
        """Whether most of the loss remains, and simple learners remove more of it; False where that
        is unknown.
        """
        return self.remains and (self.broken or not self.at_reference)

    @cached_property
    def remains(self) -> bool:
        """Whether most of the loss remains, be it noise or not; False where that is unknown."""
        wanted = limit("learned_regression" if self.regression else "learned")
        if self.broken or not self.unit:
            return self.broken
        # Dropout and penalties raise the training loss alone: what validation shows has been
        # learned, beside the constant prediction there, for its labels may vary less.
        beside = self.validation_constant_loss or self.unit
        left = np.fmin(self.best / self.unit, self.best_validation / beside)
        return bool(1 - left < wanted)

    @cached_property
    def at_reference(self) -> bool:
        """Whether the loss is about what simple learners reach, so that the rest may be noise."""
        if self.reference_loss is None:
            return False
        best = float(np.fmin(self.best, self.best_validation))
        return best <= self.reference_loss + limit("above_reference") * self.unit

    @cached_property
    def regression(self) -> bool:
        """Whether the loss is one of differences between numbers."""
        name = self.record.get("loss") or ""
        return name.startswith("mean_") or name in DIFFERENCES

    @cached_property
    def reference_loss(self) -> float | None:
        """The loss that simple learners reach on examples they have not seen; None if unknown."""
        name, known = self.record.get("loss") or "", self.labels.get("reference_losses", {})
        value = known.get(name, self._as_share(known))
        return value if value is not None and value > 0 else None

    @cached_property
    def late_rise(self) -> float:
        """Rise of the validation loss since its best, of the median of the last three epochs."""
        losses = self.validation_loss
        if len(losses) < 4 or not np.isfinite(losses).all():
            return 0.0
        return float(np.median(losses[-3:]) - losses.min())

    @cached_property
    def broken(self) -> bool:
        """Whether a loss or a weight was not finite."""
        losses = [
            epoch[name] for epoch in self.epochs for name in ("loss", "val_loss") if name in epoch
        ]
        # JSON has no NaN, so a number that is not finite was recorded as None.
        return None in losses or not all(moment["finite"] for moment in self.moments)

    @cached_property
    def breaking(self) -> tuple[str | None, int | None]:
        """The first layer and step at which something was not finite."""
        for moment in self.moments:
            if not moment["finite"]:
                numbers = moment["layers"]
                # Where gradients were not measured, the weights show it.
                key = "gradient" if "loss" in moment else "weight"
                names = [
                    name
                    # Gradients come from the output: the layer next to it was the first.
                    for name in reversed(self.kernels)
                    if numbers.get(name, {}).get(key) is None
                ]
                return (names[0] if names else None), int(moment["step"])
        lost = [epoch["step"] for epoch in self.epochs if epoch.get("loss") is None]
        return None, (int(lost[0]) if lost else None)

    @cached_property
    def recent_fall(self) -> float:
        """Share of the training loss removed in the last third of the epochs."""
        third = max(1, len(self.loss) // 3)
        return float(1 - self.loss[-1] / self.loss[-third - 1])

    @cached_property
    def outcome(self) -> str:
        """How the training loss ended, in words."""
        if self.broken:
            return "the loss is not finite any more"
        return (
            f"the loss is {number(self.best)} at best, where {number(self.unit)} needs no learning"
        )

    @cached_property
    def equal_weights(self) -> list[str]:
        """Hidden layers whose weights all had one value before training."""
        first = self.moments[0]["layers"] if self.moments else {}
        hidden = [name for name in self.kernels if not self.layer(name)["output"]]
        known = {name: first.get(name, {}) for name in hidden}
        return [
            name
            for name, numbers in known.items()
            if numbers.get("spread") is not None
            # The second 1e-6 is for weights that are all zero.
            and numbers["spread"] <= 1e-6 * (1e-6 + (numbers["weight"] or 0.0))
        ]

    @cached_property
    def shrunken(self) -> dict[str, float]:
        """Layers whose weights shrank towards zero, as under a strong penalty, and what remains."""
        weights = {name: self.numbers(name, "weight") for name in self.kernels}
        known = {name: norms[np.isfinite(norms)] for name, norms in weights.items()}
        left = {
            name: norms[-1] / norms[0]
            for name, norms in known.items()
            if len(norms) > 1 and norms[0] > 0
        }
        return {name: float(share) for name, share in left.items() if share < limit("shrunken")}

    @cached_property
    def learning_rate(self) -> float | None:
        """The largest learning rate of any moment."""
        rates = [moment.get("learning_rate") for moment in self.moments]
        return max((rate for rate in rates if rate is not None), default=None)

    @cached_property
    def largest_early_update(self) -> float:
        """The largest update among the first moments."""
        updates = self.updates()[:5]
        return float(np.nanmax(updates)) if np.isfinite(updates).any() else float("nan")

    @cached_property
    def large_targets(self) -> bool:
        """Whether the targets of a regression are far larger than one."""
        return self.regression and float(self.labels.get("scale") or 0.0) > limit("column_size")

    @cached_property
    def head(self) -> tuple[str | None, str | None]:
        """Name and activation of the layer that gives the outputs, as far as they are known."""
        last = [layer for layer in self.layers if layer["output"]]
        return (last[-1]["name"], last[-1]["activation"]) if last else (None, None)

    @cached_property
    def units(self) -> int | None:
        """Length of the outputs' last axis; None where there are several outputs."""
        return next((m["units"] for m in self.moments if m.get("units")), None)

    @cached_property
    def names(self) -> set[str]:
        """The names of all layers."""
        return {layer["name"] for layer in self.layers}

    @cached_property
    def typical_update(self) -> float:
        """Median over the moments of the largest update of a layer."""
        updates = self.updates()
        known = updates[np.isfinite(updates).any(axis=1)] if updates.size else updates
        return float(np.median(np.nanmax(known, axis=1))) if len(known) else float("nan")

    def activated(self, functions: Collection[str]) -> list[str]:
        """The hidden layers with one of these activation functions."""
        return [
            layer["name"]
            for layer in self.layers
            if layer["activation"] in functions and not layer["output"]
        ]

    @cached_property
    def kernels(self) -> list[str]:
        """The names of the layers with a kernel, from the input to the output."""
        known = [layer["name"] for layer in self.layers if layer["kernel"] and layer["order"] >= 0]
        # Where outputs could not be captured, the order of the calls is unknown.
        return known or [layer["name"] for layer in self.layers if layer["kernel"]]

    def layer(self, name: str) -> Mapping[str, Any]:
        """The description of a layer."""
        return next(layer for layer in self.layers if layer["name"] == name)

    def numbers(self, name: str, key: str) -> np.ndarray:
        """One number of one layer, at each moment.

        Args:
            name: of the layer.
            key: what was measured of it: `weight` and `gradient` are norms, `update` is the norm of
                a step's change over that of the weights.

        Returns:
            `(moments,)`, NaN where it is unknown or not finite.
        """
        return _array([moment["layers"].get(name, {}).get(key) for moment in self.moments])

    def sensitivities(self) -> np.ndarray:
        """Sensitivity of the loss to each layer's weights, at each moment: `(moments, layers)`.

        It is gradient norm times weight norm over the loss of the best constant prediction, free of
        the scale of the loss and of the weights.
        """
        rows = [
            self.numbers(name, "gradient") * self.numbers(name, "weight") for name in self.kernels
        ]
        return np.stack(rows, axis=1) / self.unit if rows else np.empty((len(self.moments), 0))

    def updates(self) -> np.ndarray:
        """The update of one step over the weights, at each moment: `(moments, layers)`."""
        rows = [self.numbers(name, "update") for name in self.kernels]
        return np.stack(rows, axis=1) if rows else np.empty((len(self.moments), 0))

    @cached_property
    def steps(self) -> np.ndarray:
        """The training step of each moment."""
        return _array([moment["step"] for moment in self.moments])

    @cached_property
    def travel(self) -> float:
        """Sum of all updates of the layer with the largest ones, relative to its weights."""
        updates = self.updates()
        known = np.isfinite(updates).any(axis=1) if updates.size else np.zeros(0, bool)
        if not known.any():
            return float("nan")
        # Moments are spaced geometrically: between them the updates are interpolated.
        busiest = np.nanmax(updates[known], axis=1)
        last = float(self.epochs[-1]["step"]) if self.epochs else float(self.steps[-1])
        return float(
            np.interp(np.linspace(1, last, 1000), self.steps[known], busiest).mean() * last
        )


def most(condition: np.ndarray, values: np.ndarray) -> bool:
    """Return whether a condition holds in half of the moments at which the values are known.

    Args:
        condition: `(moments,)`, booleans.
        values: `(moments,)`, what the condition is of; NaN where it is unknown.
    """
    known = np.isfinite(values)
    return bool(known.any() and condition[known].mean() >= 0.5)


def _entropy(share: float) -> float:
    """Return the entropy of a choice of two, one of this share, in nats."""
    return -sum(p * math.log(p) for p in (share, 1 - share) if p > 0)


def _array(values: list[Any]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype="float64")
