"""Diagnosis of a training: what goes wrong in the network, found while it trains, and remedies.

`Diagnosis` is a Keras callback for anybody's own `model.fit`. The rules that read its record need
no Keras, so the findings of a finished run can be repeated from the record that it wrote:
`diagnose(record, settings)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.rules import diagnose
from kerasrecipes.diagnosis.thresholds import THRESHOLDS

if TYPE_CHECKING:
    from kerasrecipes.diagnosis.callback import Diagnosis

__all__ = ["THRESHOLDS", "Diagnosis", "Finding", "diagnose"]


def __getattr__(name: str) -> Any:
    if name != "Diagnosis":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    # Keras is imported only when somebody trains.
    from kerasrecipes.diagnosis.callback import Diagnosis

    return Diagnosis
