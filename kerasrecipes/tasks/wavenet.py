"""Waveforms: the next sample, and sound sample by sample."""

from __future__ import annotations

from typing import Any

from kerasrecipes.data.audio import waveforms
from kerasrecipes.info import Info
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare=waveforms.prepare,
    predict="kerasrecipes.inference.wavenet:generate",
    answers="kerasrecipes.inference.wavenet:answers",
    scores="kerasrecipes.inference.wavenet:scores",
    baseline="kerasrecipes.inference.wavenet:counted",
    figures=("kerasrecipes.reports.wavenet:WAVENET_FIGURES",),
)


def _crossentropy() -> Any:
    # Settings are listed without a framework; the loss waits until a training begins.
    from kerasrecipes.losses.sequence import SequenceCrossentropy

    return SequenceCrossentropy()


OBJECTIVE = Objective(loss=_crossentropy, metrics=(), headline="bits_per_sample", best="min")


def num_conditions(info: Info) -> int:
    """Return the number of classes that the model is told; 1 for none."""
    return len(info.classes or ("",))
