"""Masked language modeling: the hidden words of a text."""

from functools import partial

import keras

from kerasrecipes.metrics.token_accuracy import TokenAccuracy
from kerasrecipes.recipe import Objective, Task

TASK = Task(
    predict="kerasrecipes.inference.masked_language_modeling:tell_words",
    answers="kerasrecipes.inference.masked_language_modeling:told",
    scores="kerasrecipes.inference.masked_language_modeling:scores",
    baseline="kerasrecipes.inference.masked_language_modeling:neighbours",
    figures=("kerasrecipes.reports.masked_language_modeling:FIGURES",),
)

# Of the tokens that are not hidden, whose weight is 0, nothing is asked.
OBJECTIVE = Objective(
    task="multiclass",
    loss=partial(keras.losses.SparseCategoricalCrossentropy, reduction="mean_with_sample_weight"),
    metrics=(TokenAccuracy,),
)
