"""Rules on single outputs of a model that has several, each with a loss of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.thresholds import limit
from kerasrecipes.metrics.names import number


def outputs_of(reading: Reading) -> dict[str, Reading]:
    """Return the record of each output by itself: its losses, its labels.

    Args:
        reading: of the whole training.

    Returns:
        By the output's name; empty where there is one output, or its loss is not logged.
    """
    described: Mapping[str, Any] = reading.labels.get("outputs") or {}
    losses: Mapping[str, str] = reading.record.get("losses") or {}
    found = {}
    for name, labels in described.items():
        own = {f"{name}_loss": "loss", f"val_{name}_loss": "val_loss"}
        epochs = [
            {"epoch": epoch.get("epoch"), "step": epoch.get("step")}
            | {own[key]: value for key, value in epoch.items() if key in own}
            for epoch in reading.epochs
        ]
        if name in losses and any("loss" in epoch for epoch in epochs):
            found[name] = Reading({"epochs": epochs, "labels": labels, "loss": losses[name]})
    return found


def unlearned_outputs(reading: Reading) -> list[Finding]:
    """Outputs that learned nothing which holds for other examples: labels of another image."""
    found, outputs = {}, outputs_of(reading)
    for name, one in outputs.items():
        best, constant = one.best_validation, one.validation_constant_loss
        if constant is None or len(one.loss) < 4 or not np.isfinite(best):
            continue
        memorised = one.explained > limit("memorised")
        least = limit("chance" if memorised else "chance_of_output")
        if least <= best / constant <= limit("far_from_chance"):
            found[name] = (one.best, best, constant, memorised)
    if not found:
        return []
    names = ", ".join(found)
    whose = "all outputs" if len(found) == len(outputs) else f"the output {names}"
    if len(outputs) > len(found) > 1:
        whose = f"the outputs {names}"
    parts = [
        f"{name} {number(best)} (a constant prediction {number(constant)})"
        for name, (_, best, constant, _) in found.items()
    ]
    sentence = (
        f"The labels of {whose} look shuffled, or unrelated to the inputs: the lowest validation "
        f"loss is no better than guessing: {', '.join(parts)}."
    )
    evidence = {
        name: {"training_loss": training, "best_validation_loss": best, "constant_loss": constant}
        for name, (training, best, constant, _) in found.items()
    }
    everything = len(found) == len(outputs)
    severity = "high" if everything and all(found[name][3] for name in found) else "medium"
    return [
        Finding(
            kind="shuffled_labels",
            severity=severity,
            sentence=sentence,
            evidence={"outputs": evidence},
        )
    ]
