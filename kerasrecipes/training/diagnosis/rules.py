"""From a record to findings: every rule is asked, then mere consequences of others are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerasrecipes.training.diagnosis import curves, layers
from kerasrecipes.training.diagnosis.findings import Finding, most_severe_first
from kerasrecipes.training.diagnosis.reading import Reading
from kerasrecipes.training.diagnosis.remedies import propose

RULES = (
    curves.blow_up,
    curves.unscaled_inputs,
    layers.exploding_gradients,
    layers.learning_rate_too_high,
    layers.dying_relu,
    layers.saturated_activation,
    layers.vanishing_gradients,
    layers.learning_rate_too_low,
    curves.shuffled_labels,
    curves.loss_does_not_move,
    curves.underfitting,
    curves.overfitting,
    curves.constant_inputs,
)

# A consequence and the causes that it is left out for: who mends the cause is rid of both.
_BROKEN = {"blow_up", "exploding_gradients", "unscaled_inputs"}
_STUCK = {"saturated_activation", "dying_relu", "vanishing_gradients"}
_RATE = {"learning_rate_too_high", "learning_rate_too_low"}
CAUSES: dict[str, set[str]] = {
    "exploding_gradients": {"unscaled_inputs"},
    "learning_rate_too_high": {"exploding_gradients", "unscaled_inputs"},
    "dying_relu": _BROKEN,
    "saturated_activation": {"blow_up", "unscaled_inputs", "learning_rate_too_high"},
    "vanishing_gradients": _BROKEN | {"saturated_activation", "dying_relu", "learning_rate_too_high"},
    "learning_rate_too_low": _BROKEN | _STUCK,
    "shuffled_labels": _BROKEN | _RATE,
    "loss_does_not_move": _BROKEN | _STUCK | _RATE | {"shuffled_labels"},
    "underfitting": _BROKEN | _STUCK | _RATE | {"shuffled_labels", "loss_does_not_move"},
    "overfitting": _BROKEN | {"learning_rate_too_high"},
}


def diagnose(record: Mapping[str, Any], settings: Mapping[str, Any] | None = None) -> list[Finding]:
    """Tell what went wrong in a training.

    Args:
        record: `Diagnosis.record`, or the same read back from JSON.
        settings: the settings of the run by name, to give remedies as pieces of a command line.

    Returns:
        The findings with their remedies, the most severe first; empty when nothing is wrong.
    """
    reading = Reading(record, settings)
    found = [finding for rule in RULES for finding in rule(reading)]
    kinds = {finding.kind for finding in found}
    causes = [finding for finding in found if not CAUSES.get(finding.kind, set()) & kinds]
    remedied = []
    for finding in causes:
        remedies, advice = propose(finding, reading, settings, kinds)
        remedied.append(replace(finding, remedies=remedies, advice=advice))
    return most_severe_first(remedied)
