"""Rules of a game of two networks, from what each epoch logs of it: one has won, or images are all
alike.
"""

from __future__ import annotations

import numpy as np

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.thresholds import limit

_LAST = 3  # epochs whose median counts


def _last(reading: Reading, name: str) -> float:
    """The median of a log over the last epochs; NaN where it is not logged, or too short."""
    values = reading.curve(name)
    values = values[np.isfinite(values)]
    return float(np.median(values[-_LAST:])) if len(values) >= _LAST else float("nan")


def mode_collapse(reading: Reading) -> list[Finding]:
    """Generated images that differ much less from each other than real ones, or are of few
    kinds.
    """
    variety, kinds = _last(reading, "variety"), _last(reading, "kinds")
    alike, few = variety < limit("variety"), kinds < limit("kinds")
    if not alike and not few:
        return []
    if alike:
        what = f"differ from each other by {variety:.0%} of what real images do"
    else:
        what = f"are of {kinds:.0%} as many kinds as real ones"
    return [
        Finding(
            kind="mode_collapse",
            layer="generator",
            sentence=f"The generator has collapsed: at the end its images {what}.",
            evidence={
                "variety": None if np.isnan(variety) else variety,
                "kinds": None if np.isnan(kinds) else kinds,
            },
        )
    ]


def discriminator_won(reading: Reading) -> list[Finding]:
    """A discriminator that tells nearly every pair apart, so that the generator learns nothing."""
    told, rows = _last(reading, "told_apart"), reading.curve("told_apart")
    # A critic with a penalty on its gradient says the way however well it tells them apart.
    if reading.critic or not told >= limit("told_apart"):
        return []
    epochs = int((rows >= limit("told_apart")).sum())
    return [
        Finding(
            kind="discriminator_won",
            layer="discriminator",
            sentence=f"The discriminator has won: at the end a real image scores above a generated "
            f"one in {told:.1%} of pairs, so the generator is told little of what to change.",
            evidence={"told_apart": told, "epochs": epochs},
        )
    ]
