"""Findings of a diagnosis: sentence, layer, evidence and remedies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from html import escape
from typing import Any

from kerasrecipes.answers import markup

# From what stops the training to what only costs accuracy: findings of one severity are sorted so.
KINDS = (
    "wrong_head",
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
    "discriminator_won",
    "mode_collapse",
    "oscillation",
    "discriminator_ignored",
    "posterior_collapse",
    "unused_codes",
)
SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Finding of a diagnosis.

    Args:
        kind: one of `KINDS`.
        layer: the layer's name, or None for the whole model or the data.
        severity: `"high"` (the model cannot learn like this), `"medium"` (it learns, but badly) or
            `"low"`.
        sentence: the finding as a sentence, with the measured numbers.
        evidence: the same numbers by name; JSON-able.
        remedies: arguments of the command line to try, the most promising first, such as
            `"--clip-norm 1"`.
        advice: remedies that are not a setting of this model, in words.
    """

    kind: str
    sentence: str
    layer: str | None = None
    severity: str = "high"
    evidence: Mapping[str, Any] = field(default_factory=dict)
    remedies: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Convert the finding to JSON-able values."""
        return asdict(self) | {"remedies": list(self.remedies), "advice": list(self.advice)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Finding:
        """Create the finding from the values of `to_dict`."""
        lists = {name: tuple(values[name]) for name in ("remedies", "advice")}
        return cls(**{**values, **lists})


def most_severe_first(findings: list[Finding]) -> list[Finding]:
    """Sort by severity, then causes before symptoms."""
    return sorted(
        findings, key=lambda found: (SEVERITIES.index(found.severity), KINDS.index(found.kind))
    )


class Findings(list[Finding]):
    """Findings, which a notebook shows with their remedies."""

    def _repr_html_(self) -> str:
        """Return a table with a row for each finding; a sentence where there is none."""
        if not self:
            return "nothing was found"
        rows = [
            markup.row([escape(item.severity), escape(item.sentence) + _remedies(item)])
            for item in self
        ]
        return f"<table>{''.join(rows)}</table>"


def _remedies(finding: Finding) -> str:
    return "".join(f"<br>{markup.faint(text)}" for text in (*finding.remedies, *finding.advice))
