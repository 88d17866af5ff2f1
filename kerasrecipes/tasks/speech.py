"""Speech: the words of a recording."""

from __future__ import annotations

from typing import Any

from kerasrecipes.data.audio import speech
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    prepare=speech.prepare,
    predict="kerasrecipes.inference.speech:transcribe",
    answers="kerasrecipes.inference.speech:answers",
    scores="kerasrecipes.inference.speech:scores",
    baseline="kerasrecipes.inference.speech:nearest",
    figures=("kerasrecipes.reports.speech:SPEECH_FIGURES",),
)


def _ctc() -> Any:
    # Settings are listed without a framework; the loss waits until a training begins.
    from kerasrecipes.losses.ctc import CTC

    return CTC()


OBJECTIVE = Objective(loss=_ctc, metrics=(), headline="wer", best="min")
