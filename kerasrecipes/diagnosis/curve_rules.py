"""Rules that look at the loss curves, the inputs and the labels."""

from __future__ import annotations

import numpy as np

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.thresholds import limit


def blow_up(reading: Reading) -> list[Finding]:
    """A loss, a weight or an input that is no finite number, or a loss that rose a thousandfold."""
    columns = reading.columns
    if columns and not columns["finite"]:
        which = ", ".join(map(str, columns["not_finite"]))
        sentence = f"The inputs hold values that are no finite numbers (NaN or infinite), in column {which} from 0."
        return [
            Finding(kind="blow_up", sentence=sentence, evidence={"columns": columns["not_finite"]})
        ]
    if reading.labels.get("finite") is False:
        sentence = "The labels hold values that are no finite numbers (NaN or infinite)."
        return [Finding(kind="blow_up", sentence=sentence, evidence={"labels": True})]
    if not reading.broken:
        return _far_away(reading)
    layer, step = reading.breaking
    where = f" at the latest by step {step}" if step is not None else ""
    first = f"; layer {layer} is the first where it shows" if layer else ""
    sentence = f"Training blew up: the loss or a weight is NaN or infinite{where}{first}."
    return [Finding(kind="blow_up", layer=layer, sentence=sentence, evidence={"step": step})]


def _far_away(reading: Reading) -> list[Finding]:
    """A loss that came back from where no loss should be; it often leaves dead units behind."""
    highest = float(np.nanmax(reading.loss, initial=0.0))
    if not highest > limit("blown") * max(reading.first_loss, reading.unit):
        return []
    epoch = int(np.nanargmax(reading.loss)) + 1
    sentence = f"Training blew up: in epoch {epoch} the loss was {highest:.3g}, {reading.first_loss:.3g} before."
    return [Finding(kind="blow_up", sentence=sentence, evidence={"epoch": epoch, "loss": highest})]


def unscaled_inputs(reading: Reading) -> list[Finding]:
    """Input columns far larger or smaller than one."""
    columns = reading.columns
    if not columns or not columns["finite"] or columns["largest_deviation"] is None:
        return []
    size, widest, column = columns["largest_size"], columns["largest_deviation"], columns["largest"]
    evidence = {"largest_size": size, "column": column, "largest_deviation": widest}
    if size > limit("column_size"):
        sentence = f"The inputs are not scaled: column {column} (from 0) has values around {size:.3g}, where about "
        sentence += "1 is wanted"
        sentence += f", and the columns' deviations go from {columns['smallest_deviation']:.2g} to {widest:.3g}."
        return [Finding(kind="unscaled_inputs", sentence=sentence, evidence=evidence)]
    if widest < limit("column_deviation"):
        sentence = f"The inputs hardly vary: the widest column has a deviation of {widest:.2g}, about 1 is wanted."
        return [Finding(kind="unscaled_inputs", sentence=sentence, evidence=evidence)]
    return []


def constant_inputs(reading: Reading) -> list[Finding]:
    """Input columns with one value, in a table where each column should say something."""
    columns = reading.columns
    if not columns or not columns["finite"] or not columns["constants"]:
        return []
    # Pixels at a border and rare words are constant by nature, and such data is mostly at its least
    # value.
    if columns["sparse"] is not None and columns["sparse"] > limit("sparse"):
        return []
    count, which = columns["constants"], ", ".join(map(str, columns["constant"][:10]))
    verb = "has" if count == 1 else "have"
    noun = "column" if count == 1 else "columns"
    sentence = f"{count} of {columns['count']} input columns {verb} one value throughout ({noun} {which} from 0)."
    evidence = {"columns": columns["constant"], "count": count}
    return [Finding(kind="constant_inputs", severity="low", sentence=sentence, evidence=evidence)]


def shuffled_labels(reading: Reading) -> list[Finding]:
    """A training loss that falls while validation is never better than guessing."""
    best, constant = reading.best_validation, reading.validation_constant_loss
    if constant is None or not np.isfinite(best):
        return []
    # Far worse than guessing is another matter: validation inputs unlike those of training.
    if not limit("chance") <= best / constant <= limit(
        "far_from_chance"
    ) or not reading.explained > limit("memorised"):
        return []
    sentence = (
        "The labels look shuffled, or have nothing to do with the inputs: the training loss fell to "
        f"{reading.best:.3g} by memorising, but the validation loss was never better than {best:.3g}, and "
        f"guessing without looking at the input gives {constant:.3g}."
    )
    evidence = {
        "best_validation_loss": best,
        "constant_loss": constant,
        "training_loss": reading.best,
    }
    return [Finding(kind="shuffled_labels", sentence=sentence, evidence=evidence)]


def _learned_nothing(reading: Reading) -> bool:
    """Whether validation was about as bad as guessing at its best, so that there is nothing that it
    lost again.
    """
    best, constant = reading.best_validation, reading.validation_constant_loss
    return constant is not None and constant <= best <= limit("far_from_chance") * constant


def loss_does_not_move(reading: Reading) -> list[Finding]:
    """A loss that is at the end where it began, though nothing takes the weights away."""
    if len(reading.loss) < 2 or reading.shrunken or not reading.moved < limit("unmoved"):
        return []
    reason, layer = "", None
    if reading.equal_weights:
        layer = reading.equal_weights[0]
        reason = f" The weights of layer {layer} all started with one value, so its units cannot become different."
    return [
        Finding(
            kind="loss_does_not_move",
            layer=layer,
            sentence=f"The loss does not move: after {len(reading.loss)} epochs it is {reading.best:.3g} at "
            f"best, and {reading.unit:.3g} is what one gets without learning anything.{reason}",
            evidence={
                "loss": reading.best,
                "reference": reading.unit,
                "equal_weights": reading.equal_weights,
            },
        )
    ]


def underfitting(reading: Reading) -> list[Finding]:
    """A training loss that stays high although everything works."""
    if not reading.failed or reading.constant_loss is None or len(reading.loss) < 3:
        return []
    if reading.recent_fall > limit("unfinished"):
        return []
    still = reading.recent_fall > limit("unmoved")
    end = "it is still falling" if still else "it has stopped falling"
    layer, cause = None, ""
    if reading.shrunken:
        layer, left = min(reading.shrunken.items(), key=lambda item: item[1])
        cause = f" The weights of layer {layer} shrank to {left:.2%} of what they were: a penalty is too strong."
    return [
        Finding(
            kind="underfitting",
            severity="medium",
            layer=layer,
            sentence=f"The model underfits: its training loss is {reading.best:.3g}, where guessing without "
            f"looking at the input gives {reading.constant_loss:.3g}, and {end}.{cause}",
            evidence={
                "loss": reading.best,
                "constant_loss": reading.constant_loss,
                "still_falling": still,
                "shrunken": reading.shrunken,
            },
        )
    ]


def overfitting(reading: Reading) -> list[Finding]:
    """A validation loss that rises again while the training loss goes on falling.

    Where training was to stop after some epochs without improvement and did, the model kept is the
    one before the rise.
    """
    losses, training = reading.validation_loss, reading.loss
    if len(losses) < 4 or not np.isfinite(losses).all() or not np.isfinite(training).all():
        return []
    best = int(np.argmin(losses))
    if len(losses) - 1 - best <= reading.patience or _learned_nothing(reading):
        return []
    # One bad epoch is noise: the middle one of the last three counts.
    end = float(np.median(losses[-3:]))
    rise = end - float(losses[best])
    falls = training[-1] < training[best] and training[-1] < end
    if (
        len(losses) - 1 - best < 2
        or not falls
        or rise < max(limit("rise") * reading.unit, 0.2 * losses[best])
    ):
        return []
    return [
        Finding(
            kind="overfitting",
            severity="medium",
            sentence=f"The model overfits: after epoch {best + 1} the validation loss rose from "
            f"{losses[best]:.3g} to {end:.3g}, while the training loss fell from {training[best]:.3g} to "
            f"{training[-1]:.3g}.",
            evidence={
                "best_epoch": best + 1,
                "best": float(losses[best]),
                "end": end,
                "training": float(training[-1]),
            },
        )
    ]
