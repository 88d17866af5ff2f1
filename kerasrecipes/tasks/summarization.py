"""Summarization: the sentences of a text that say most of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.summarization:summarize",
    scores="kerasrecipes.inference.summarization:scores",
    baseline="kerasrecipes.inference.summarization:first_sentences",
    figures=("kerasrecipes.reports.summarization:SUMMARY_FIGURES",),
)


def sentence_objective() -> Objective:
    """Return the objective of choosing sentences, of which padding has the label -1."""
    # Settings are listed without a framework; this waits until a page is loaded.
    from kerasrecipes.losses.labelled import LabelledLoss

    return Objective(
        loss=partial(LabelledLoss, "binary_crossentropy", "flags"),
        metrics=(_accuracy,),
        headline="rouge2",
        best="max",
    )


def _accuracy() -> Any:
    import keras

    from kerasrecipes.metrics.labelled import LabelledMetric

    return LabelledMetric(keras.metrics.BinaryAccuracy(name="accuracy"), "flags")
