"""Summarization: the sentences of a text that say most of it."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.summarization:summarize",
    scores="kerasrecipes.inference.summarization:scores",
    baseline="kerasrecipes.inference.summarization:first_sentences",
    figures=("kerasrecipes.reports.summarization:SUMMARY_FIGURES",),
)
