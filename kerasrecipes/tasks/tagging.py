"""Tagging: one tag for every word of a sentence."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.tagging:tag",
    scores="kerasrecipes.inference.tagging:scores",
    baseline="kerasrecipes.inference.tagging:usual_tags",
    figures=("kerasrecipes.reports.tagging:TAGGING_FIGURES",),
)
