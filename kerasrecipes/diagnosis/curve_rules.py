"""Rules on the loss curves, the inputs and the labels."""

from __future__ import annotations

import numpy as np

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.thresholds import limit
from kerasrecipes.metrics.names import number


def blow_up(reading: Reading) -> list[Finding]:
    """A loss, a weight or an input that is not finite, or a loss that rose a thousandfold."""
    columns = reading.columns
    if columns and not columns["finite"]:
        which = ", ".join(map(str, columns["not_finite"]))
        sentence = f"The inputs hold NaN or infinite values, in column {which} (from 0)."
        return [
            Finding(kind="blow_up", sentence=sentence, evidence={"columns": columns["not_finite"]})
        ]
    if reading.labels.get("finite") is False:
        sentence = "The labels hold NaN or infinite values."
        return [Finding(kind="blow_up", sentence=sentence, evidence={"labels": True})]
    if not reading.broken:
        return _far_away(reading)
    layer, step = reading.breaking
    where = f" at the latest by step {step}" if step is not None else ""
    first = f", first in layer {layer}" if layer else ""
    sentence = f"Training diverged: the loss or a weight is NaN or infinite{where}{first}."
    return [Finding(kind="blow_up", layer=layer, sentence=sentence, evidence={"step": step})]


def _far_away(reading: Reading) -> list[Finding]:
    """A loss that was far too large and came back; it often leaves dead units behind."""
    highest = float(np.nanmax(reading.loss, initial=0.0))
    # The loss of the first epoch is no measure where it has blown up already.
    before = reading.loss_before
    known = [value for value in (before, reading.constant_loss) if value is not None]
    scale = max(known) if known else reading.first_loss
    # A loss that is 0 at weights of 0, as the perceptron's, is no scale.
    if not scale or not highest > limit("blown") * scale:
        return []
    epoch = int(np.nanargmax(reading.loss)) + 1
    usual = f"{number(reading.unit)} usual"
    if before:
        usual = f"{number(before)} before training"
    sentence = f"Training diverged: in epoch {epoch} the loss was {number(highest)}, {usual}."
    return [Finding(kind="blow_up", sentence=sentence, evidence={"epoch": epoch, "loss": highest})]


def unscaled_inputs(reading: Reading) -> list[Finding]:
    """Input columns far larger or smaller than one."""
    columns = reading.columns
    if not columns or not columns["finite"] or columns["largest_deviation"] is None:
        return []
    size, widest, column = columns["largest_size"], columns["largest_deviation"], columns["largest"]
    evidence = {"largest_size": size, "column": column, "largest_deviation": widest}
    if size > limit("column_size"):
        sentence = (
            f"The inputs are not scaled: column {column} (from 0) has values around "
            f"{number(size)}, where about 1 is wanted, and the columns' standard deviations range "
            f"from {columns['smallest_deviation']:.2g} to {number(widest)}."
        )
        return [Finding(kind="unscaled_inputs", sentence=sentence, evidence=evidence)]
    if widest < limit("column_deviation"):
        sentence = (
            "The inputs hardly vary: the largest standard deviation of a column is "
            f"{widest:.2g}, where about 1 is wanted."
        )
        return [Finding(kind="unscaled_inputs", sentence=sentence, evidence=evidence)]
    return []


def constant_inputs(reading: Reading) -> list[Finding]:
    """Constant input columns, in a table where every column should be informative."""
    columns = reading.columns
    if not columns or not columns["finite"] or not columns["constants"]:
        return []
    # Border pixels and rare words are constant by nature; such data is mostly at its minimum.
    if columns["sparse"] is not None and columns["sparse"] > limit("sparse"):
        return []
    count, which = columns["constants"], ", ".join(map(str, columns["constant"][:10]))
    verb, noun = ("is", "column") if count == 1 else ("are", "columns")
    sentence = (
        f"{count} of {columns['count']} input columns {verb} constant ({noun} {which}, from 0)."
    )
    evidence = {"columns": columns["constant"], "count": count}
    return [Finding(kind="constant_inputs", severity="low", sentence=sentence, evidence=evidence)]


def shuffled_labels(reading: Reading) -> list[Finding]:
    """A training loss that falls while validation is never better than a constant prediction."""
    best, constant = reading.best_validation, reading.validation_constant_loss
    if constant is None or not np.isfinite(best):
        return []
    # Far worse than a constant prediction has another cause: other inputs than in training.
    at_chance = limit("chance") <= best / constant <= limit("far_from_chance")
    if not at_chance or not reading.explained > limit("memorised"):
        return []
    sentence = (
        "The labels look shuffled, or unrelated to the inputs: the training loss fell to "
        f"{number(reading.best)} by memorization, but the validation loss was never below "
        f"{number(best)}, and the best constant prediction gives {number(constant)}."
    )
    evidence = {
        "best_validation_loss": best,
        "constant_loss": constant,
        "training_loss": reading.best,
    }
    return [Finding(kind="shuffled_labels", sentence=sentence, evidence=evidence)]


def _loses_its_gain(reading: Reading, rise: float) -> bool:
    """Return whether a rise that is small takes most of what the best epoch had gained."""
    losses, constant = reading.validation_loss, reading.validation_constant_loss
    if constant is None or rise < limit("least_rise") * reading.unit:
        return False
    best, last = float(losses.min()), losses[-3:]
    gained = constant - best
    return gained > 0 and rise >= limit("lost") * gained and last.min() >= best + rise / 2


def _learned_nothing(reading: Reading) -> bool:
    """Return whether validation was never better than about a constant prediction."""
    best, constant = reading.best_validation, reading.validation_constant_loss
    return constant is not None and constant <= best <= limit("far_from_chance") * constant


def loss_does_not_move(reading: Reading) -> list[Finding]:
    """A loss that ends where it began, though no penalty removes the weights."""
    if len(reading.loss) < 2 or reading.shrunken or not reading.moved < limit("unmoved"):
        return []
    reason, layer = "", None
    if reading.equal_weights:
        layer = reading.equal_weights[0]
        reason = (
            f" The weights of layer {layer} were all initialized to one value, so its units "
            "cannot become different."
        )
    return [
        Finding(
            kind="loss_does_not_move",
            layer=layer,
            sentence=f"The loss does not move: after {len(reading.loss)} epochs it is at best "
            f"{number(reading.best)}, and {number(reading.unit)} needs no learning.{reason}",
            evidence={
                "loss": reading.best,
                "reference": reading.unit,
                "equal_weights": reading.equal_weights,
            },
        )
    ]


def underfitting(reading: Reading) -> list[Finding]:
    """A training loss that stays high although nothing else is wrong."""
    if not reading.failed or reading.constant_loss is None or len(reading.loss) < 3:
        return []
    # The training was too short to tell, or whatever it learns more is not true of other examples.
    if reading.recent_fall > limit("unfinished") or (_memorizes(reading) and not reading.shrunken):
        return []
    still = reading.recent_fall > limit("unmoved")
    end = "it is still falling" if still else "it has stopped falling"
    layer, cause, simple = None, "", ""
    if reading.reference_loss is not None:
        simple = f", nearest neighbours or a linear model {number(reading.reference_loss)}"
    if reading.shrunken:
        layer, left = min(reading.shrunken.items(), key=lambda item: item[1])
        cause = (
            f" The weights of layer {layer} shrank to {left:.2%} of their norm: "
            "a penalty is too strong."
        )
    return [
        Finding(
            kind="underfitting",
            severity="medium",
            layer=layer,
            sentence=f"The model underfits: its training loss is {number(reading.best)}, where the "
            f"best constant prediction gives {number(reading.constant_loss)}{simple}, and {end}."
            f"{cause}",
            evidence={
                "loss": reading.best,
                "constant_loss": reading.constant_loss,
                "reference_loss": reading.reference_loss,
                "still_falling": still,
                "shrunken": reading.shrunken,
            },
        )
    ]


def _memorizes(reading: Reading) -> bool:
    """Return whether the validation loss has risen again while the training loss fell."""
    losses, training = reading.validation_loss, reading.loss
    if not reading.late_rise > limit("unmoved") * reading.unit:
        return False
    best = int(np.argmin(losses))
    return bool(best < len(losses) - 2 and training[-1] < training[best])


def overfitting(reading: Reading) -> list[Finding]:
    """A validation loss that rises again while the training loss keeps falling.

    Where early stopping ended the training, the weights are those before the rise.
    """
    losses, training = reading.validation_loss, reading.loss
    if len(losses) < 4 or not np.isfinite(losses).all() or not np.isfinite(training).all():
        return []
    best = int(np.argmin(losses))
    # Early stopping ends so many epochs after the best one, whose weights are kept.
    if len(losses) - 1 - best <= reading.patience or _learned_nothing(reading):
        return []
    # One bad epoch is noise: the median of the last three counts.
    end = float(np.median(losses[-3:]))
    rise = end - float(losses[best])
    # Where the training loss rises as well, the cause is another.
    falls = training[-1] < training[best] and training[-1] < end
    large = rise >= max(limit("rise") * reading.unit, 0.2 * losses[best])
    if len(losses) - 1 - best < 2 or not falls or not (large or _loses_its_gain(reading, rise)):
        return []
    kept = " The weights of that epoch are kept." if reading.keeps_best else ""
    return [
        Finding(
            kind="overfitting",
            severity="medium",
            sentence=f"The model overfits: after epoch {best + 1} the validation loss rose from "
            f"{number(losses[best])} to {number(end)}, while the training loss fell from "
            f"{number(training[best])} to {number(training[-1])}.{kept}",
            evidence={
                "best_epoch": best + 1,
                "best": float(losses[best]),
                "end": end,
                "training": float(training[-1]),
            },
        )
    ]
