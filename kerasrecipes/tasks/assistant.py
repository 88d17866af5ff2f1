"""Assistant: the intent of a command, and the words that fill its slots."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.assistant:respond",
    scores="kerasrecipes.inference.assistant:scores",
    baseline="kerasrecipes.inference.assistant:words_alone",
    figures=("kerasrecipes.reports.assistant:ASSISTANT_FIGURES",),
)
