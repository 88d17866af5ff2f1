"""Rules of codes: dimensions that say nothing of an image."""

from __future__ import annotations

import numpy as np

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.thresholds import limit


def posterior_collapse(reading: Reading) -> list[Finding]:
    """A variational autoencoder whose codes are the same for every image, or all but the same."""
    share, divergence = reading.last("used_share"), reading.last("divergence")
    if np.isnan(divergence) or not share < limit("used_by_chance"):
        return []
    same = "all but the same" if share > 0 else "the same"
    return [
        Finding(
            kind="posterior_collapse",
            layer="encoder",
            sentence=f"The posterior has collapsed: {share:.0%} of the code's dimensions differ "
            f"from image to image, and a code tells {divergence:.2g} nats of an image; the decoder "
            f"draws {same} for all.",
            evidence={"used_share": share, "divergence": divergence},
        )
    ]


def unused_codes(reading: Reading) -> list[Finding]:
    """An autoencoder of whose code more than half is the same for every image."""
    share, divergence = reading.last("used_share"), reading.last("divergence")
    # Of a variational one that is what its price is for: dimensions that are not needed are left.
    if not np.isnan(divergence) or not share < limit("used_share"):
        return []
    return [
        Finding(
            kind="unused_codes",
            layer="code",
            severity="medium" if share else "high",
            sentence=f"Of the code {1 - share:.0%} is not used: these numbers are the same "
            "whatever the image is.",
            evidence={"used_share": share},
        )
    ]
