"""Rule on the head: what the model gives, and what the loss and the labels want."""

from __future__ import annotations

from typing import Any

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.metrics.names import number

CROSS_ENTROPIES = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "binary_crossentropy",
)
# Least and largest output of an activation, where there is one.
REACH: dict[str, tuple[float | None, float | None]] = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, None),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, None),
    "exponential": (0.0, None),
}
MARGIN = 0.1  # of the labels' size, by which rounding and noise pass what an activation reaches


def wrong_head(reading: Reading) -> list[Finding]:
    """Outputs that are not what the loss takes, or that cannot become the labels."""
    if reading.record.get("loss") in CROSS_ENTROPIES:
        return _no_probabilities(reading) or _no_classes(reading)
    return _out_of_reach(reading) if reading.regression else []


def _no_probabilities(reading: Reading) -> list[Finding]:
    name, activation = reading.head
    loss = reading.record["loss"]
    if reading.record.get("from_logits"):
        if activation not in ("softmax", "sigmoid"):
            return []
        sentence = (
            f"The head has a {activation} although the loss takes logits: it is applied twice, "
            "which flattens the gradients and keeps every probability away from 0 and 1."
        )
        return [_finding(name, sentence, {"activation": activation}, "medium")]
    reached = [moment["outputs"] for moment in reading.moments if moment.get("outputs")]
    low = min((low for low, _ in reached if low is not None), default=0.0)
    high = max((high for _, high in reached if high is not None), default=0.0)
    if low >= -1e-3 and high <= 1 + 1e-3:
        return []
    sentence = (
        f"The outputs are no probabilities, which the loss {loss} wants: they range from "
        f"{number(low)} to {number(high)}. Outputs below 0 are clipped, and have no gradient."
    )
    return [_finding(name, sentence, {"lowest": low, "highest": high, "activation": activation})]


def _no_classes(reading: Reading) -> list[Finding]:
    name, activation = reading.head
    units, most = reading.units, reading.labels.get("most")
    if activation == "softmax" and units == 1:
        sentence = "The head is a softmax of one unit, which is 1 whatever the input."
        return [_finding(name, sentence, {"units": 1, "activation": activation})]
    sparse = reading.record["loss"].startswith("sparse")
    if sparse and units and most is not None and most >= units:
        sentence = (
            f"The labels go up to {most:.0f}, and the head has {units} units, for the classes 0 to "
            f"{units - 1}."
        )
        return [_finding(name, sentence, {"units": units, "highest_label": most})]
    return []


def _out_of_reach(reading: Reading) -> list[Finding]:
    name, activation = reading.head
    least, most = reading.labels.get("least"), reading.labels.get("most")
    if activation not in REACH or least is None or most is None:
        return []
    low, high = REACH[activation]
    margin = MARGIN * max(abs(least), abs(most))
    below = low is not None and least < low - margin
    above = high is not None and most > high + margin
    if not below and not above:
        return []
    sentence = (
        f"The head cannot give the labels: they range from {number(least)} to {number(most)}, and "
        f"{activation} gives {_span(low, high)}."
    )
    return [_finding(name, sentence, {"least": least, "most": most, "activation": activation})]


def _span(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"at least {number(low or 0.0)}"
    return f"{number(low)} to {number(high)}"


def _finding(
    layer: str | None, sentence: str, evidence: dict[str, Any], severity: str = "high"
) -> Finding:
    return Finding(
        kind="wrong_head", layer=layer, sentence=sentence, evidence=evidence, severity=severity
    )
