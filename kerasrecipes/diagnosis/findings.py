"""A finding: what was seen, where, how one knows, and what to run next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

# From what stops everything to what only costs some accuracy: findings are told in this order.
KINDS = (
    "blow_up",
    "exploding_gradients",
    "unscaled_inputs",
    "saturated_activation",
    "dying_relu",
    "vanishing_gradients",
    "learning_rate_too_high",
    "learning_rate_too_low",
    "shuffled_labels",
    "loss_does_not_move",
    "underfitting",
    "overfitting",
    "constant_inputs",
)
SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong with a training.

    Attributes:
        kind: one of `KINDS`.
        layer: the layer's name, or None where the whole model or the data is meant.
        severity: `"high"` (the model cannot learn like this), `"medium"` (it learns, but badly) or
            `"low"`.
        sentence: what was seen, in plain words, with the numbers.
        evidence: the same numbers by name; JSON-able.
        remedies: pieces of a command line to try, the most promising first, such as
            `"--clip-norm 1"`.
        advice: remedies that no setting of this model can express, in words.
    """

    kind: str
    sentence: str
    layer: str | None = None
    severity: str = "high"
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remedies: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as plain values that JSON can hold."""
        return asdict(self) | {"remedies": list(self.remedies), "advice": list(self.advice)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Finding:
        """Make the finding again from what `to_dict` gave."""
        lists = {name: tuple(values[name]) for name in ("remedies", "advice")}
        return cls(**{**values, **lists})


def most_severe_first(findings: list[Finding]) -> list[Finding]:
    """Sort by severity, then causes before symptoms."""
    return sorted(
        findings, key=lambda found: (SEVERITIES.index(found.severity), KINDS.index(found.kind))
    )
