"""Rules of a game of two networks, from what each epoch logs of it: one has won, they circle each
other, one is not heard, or images are all alike.
"""

from __future__ import annotations

import numpy as np

from kerasrecipes.diagnosis.findings import Finding
from kerasrecipes.diagnosis.record import Reading
from kerasrecipes.diagnosis.thresholds import limit
from kerasrecipes.metrics.names import number

_LEAST = 9  # epochs of which the last two thirds can be said to swing
_GAMES = {
    "val_frechet_distance": "the Fréchet distance from real images",
    "generator_loss": "the generator's loss",
    "discriminator_loss": "the discriminator's loss",
}


def _is_young(reading: Reading) -> bool:
    """Return whether a game has only begun: a generator's first images are faint, alike, and told
    apart by anyone.
    """
    return bool(reading.epochs) and (reading.epochs[-1].get("step") or np.inf) < limit("young")


def mode_collapse(reading: Reading) -> list[Finding]:
    """Generated images that differ much less from each other than real ones, or are of few
    kinds.
    """
    variety, kinds = reading.last("variety"), reading.last("kinds")
    if _is_young(reading):
        return []
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
    told, rows = reading.last("told_apart"), reading.curve("told_apart")
    # A critic with a penalty on its gradient says the way however well it tells them apart.
    if reading.critic or not told >= limit("told_apart") or _is_young(reading):
        return []
    # Whoever tells all pairs apart by little is not sure, and what he says still teaches.
    loss = reading.last("discriminator_loss")
    floor = reading.floor_of_game
    if loss - floor > limit("unsure") * (reading.chance_of_game - floor):
        return []
    epochs = int((rows >= limit("told_apart")).sum())
    return [
        Finding(
            kind="discriminator_won",
            layer="discriminator",
            sentence=f"The discriminator has won: at the end a real image scores above a generated "
            f"one in {told:.1%} of pairs, so the generator is told little of what to change.",
            evidence={
                "told_apart": told,
                "epochs": epochs,
                "discriminator_loss": None if np.isnan(loss) else loss,
            },
        )
    ]


def oscillation(reading: Reading) -> list[Finding]:
    """Losses, or the distance from real images, that swing from epoch to epoch and get no better.

    Losses of a healthy game do not fall either, but they stand about still.
    """
    distance = reading.curve("val_frechet_distance")
    if _improves(distance):
        return []
    for name, words in _GAMES.items():
        if name in reading.scaleless:
            continue
        swing, low, high = _swing(reading.curve(name))
        if not swing > limit("swing"):
            continue
        return [
            Finding(
                kind="oscillation",
                severity="medium",
                sentence=f"The two networks circle each other: {words} swings between "
                f"{number(low)} and {number(high)}, by {swing:.0%} of its size from epoch to "
                "epoch, and gets no better.",
                evidence={"curve": name, "swing": swing, "low": low, "high": high},
            )
        ]
    return []


def _improves(distance: np.ndarray) -> bool:
    """Return whether the last third of a distance is below the best of what came before."""
    values = distance[np.isfinite(distance)]
    third = len(values) // 3
    return third > 0 and float(np.median(values[-third:])) < 0.9 * float(values[:-third].min())


def _swing(curve: np.ndarray) -> tuple[float, float, float]:
    """Return by how much of its size a curve changes from epoch to epoch, up and down in turn, in
    its last two thirds, and its lowest and its highest value there; 0 where it goes one way.
    """
    values = curve[np.isfinite(curve)]
    if len(values) < _LEAST:
        return 0.0, 0.0, 0.0
    late = values[len(values) // 3 :]
    changes = np.diff(late)
    size = max(float(np.median(np.abs(late))), 1e-9)
    swing = float(np.median(np.abs(changes))) / size
    # Of noise two in three changes turn back; a slope has hardly any.
    turns = float((np.sign(changes[1:]) != np.sign(changes[:-1])).mean())
    return (swing if turns >= 0.4 else 0.0), float(late.min()), float(late.max())


def discriminator_ignored(reading: Reading) -> list[Finding]:
    """A generator whose loss is all but the absolute error, so that it makes what that alone
    would.
    """
    loss, error = reading.last("generator_loss"), reading.last("l1")
    weight = reading.l1_weight
    if weight is None or not loss > 0 or not error > 0:
        return []
    # The error is of pixels from 0 to 1, the loss of those from -1 to 1.
    share = 1 - weight * 2 * error / loss
    if not share < limit("heard"):
        return []
    return [
        Finding(
            kind="discriminator_ignored",
            layer="generator",
            severity="medium",
            sentence="The generator does not hear the discriminator: "
            f"{max(share, 0):.1%} of its loss is the game's, the rest the absolute error times "
            f"{weight:g}, so pictures are the blurred means that the error alone makes.",
            evidence={"share": share, "l1_weight": weight, "l1": error},
        )
    ]
