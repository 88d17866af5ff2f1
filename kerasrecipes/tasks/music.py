"""Music: the next chord of a piece, and new pieces chord by chord."""

from __future__ import annotations

from typing import Any

from kerasrecipes.data.music import pieces
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare=pieces.prepare,
    predict="kerasrecipes.inference.music:compose",
    answers="kerasrecipes.inference.music:answers",
    scores="kerasrecipes.inference.music:scores",
    baseline="kerasrecipes.inference.music:held_keys",
    figures=("kerasrecipes.reports.music:MUSIC_FIGURES",),
)


def _likelihood() -> Any:
    # Settings are listed without a framework; the loss waits until a training begins.
    from kerasrecipes.losses.chords import ChordLikelihood

    return ChordLikelihood()


OBJECTIVE = Objective(loss=_likelihood, metrics=(), headline="nll", best="min")
