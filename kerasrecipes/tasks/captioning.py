"""Captioning: a sentence for an image."""

from kerasrecipes.recipe import Task

TASK = Task(
    prepare="kerasrecipes.training.caption_features:prepare",
    predict="kerasrecipes.inference.captioning:caption",
    answers="kerasrecipes.inference.captioning:answers",
    scores="kerasrecipes.inference.captioning:scores",
    baseline="kerasrecipes.metrics.baselines:frequent_token",
    figures=("kerasrecipes.reports.captioning:CAPTION_FIGURES",),
)
