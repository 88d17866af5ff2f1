"""Rules from a record to findings, without those that are only consequences of others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerasrecipes.diagnosis import (
    adversarial_rules,
    code_rules,
    curve_rules,
    head_rules,
    layer_rules,
    output_rules,
)
from kerasrecipes.diagnosis.findings import Finding, most_severe_first
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.remedies import propose

RULES = (
    head_rules.wrong_head,
    curve_rules.blow_up,
    curve_rules.unscaled_inputs,
    layer_rules.exploding_gradients,
    layer_rules.learning_rate_too_high,
    layer_rules.dying_relu,
    layer_rules.saturated_activation,
    layer_rules.vanishing_gradients,
    layer_rules.learning_rate_too_low,
    curve_rules.shuffled_labels,
    output_rules.unlearned_outputs,
    curve_rules.loss_does_not_move,
    curve_rules.underfitting,
    curve_rules.overfitting,
    curve_rules.constant_inputs,
    adversarial_rules.mode_collapse,
    adversarial_rules.discriminator_won,
    adversarial_rules.oscillation,
    adversarial_rules.discriminator_ignored,
    code_rules.posterior_collapse,
    code_rules.unused_codes,
)

# Findings that are left out when one of their causes is found, as the remedy is that of the cause.
_BROKEN = {"wrong_head", "blow_up", "exploding_gradients", "unscaled_inputs"}
_STUCK = {"saturated_activation", "dying_relu", "vanishing_gradients"}
_RATE = {"learning_rate_too_high", "learning_rate_too_low"}
CAUSES: dict[str, set[str]] = {
    "blow_up": {"wrong_head"},
    "exploding_gradients": {"wrong_head", "unscaled_inputs"},
    "learning_rate_too_high": {"wrong_head", "exploding_gradients", "unscaled_inputs"},
    "dying_relu": _BROKEN,
    "saturated_activation": {
        *("wrong_head", "blow_up", "unscaled_inputs", "learning_rate_too_high"),
    },
    # Through a code that says nothing no gradient passes.
    "vanishing_gradients": _BROKEN
    | {"unused_codes", "saturated_activation", "dying_relu", "learning_rate_too_high"},
    "learning_rate_too_low": _BROKEN | _STUCK,
    "shuffled_labels": _BROKEN | _RATE,
    "loss_does_not_move": _BROKEN | _STUCK | _RATE | {"shuffled_labels"},
    "underfitting": _BROKEN | _STUCK | _RATE | {"shuffled_labels", "loss_does_not_move"},
    "overfitting": _BROKEN | {"learning_rate_too_high"},
    # A generator that is told nothing may make one image for all codes.
    "mode_collapse": {"discriminator_won"},
    # One that has won at times swings as well; which of them is lost shows the other findings.
    "oscillation": {"discriminator_won", "mode_collapse"},
    # Whom nobody hears is not played against.
    "discriminator_won": {"discriminator_ignored"},
    "posterior_collapse": _BROKEN,
    "unused_codes": _BROKEN,
}


def diagnose(record: Mapping[str, Any], settings: Mapping[str, Any] | None = None) -> list[Finding]:
    """Diagnose a training from its record.

    Args:
        record: `Diagnosis.record`, or the same read back from JSON.
        settings: the settings of the run by name, to give remedies as command-line arguments.

    Returns:
        The findings with their remedies, the most severe first.
    """
    reading = Reading(record, settings)
    found = [finding for rule in RULES for finding in rule(reading)]
    kinds = {finding.kind for finding in found}
    # A cause counts even where it is itself left out as a consequence.
    causes = [finding for finding in found if not CAUSES.get(finding.kind, set()) & kinds]
    remedied = []
    for finding in causes:
        remedies, advice = propose(finding, reading, settings, kinds)
        remedied.append(replace(finding, remedies=remedies, advice=advice))
    return most_severe_first(remedied)
