"""Question answering: where in a text the answer to a question is."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.question_answering:answer",
    scores="kerasrecipes.inference.question_answering:scores",
    baseline="kerasrecipes.inference.question_answering:likeliest_sentence",
    figures=("kerasrecipes.reports.question_answering:QUESTION_FIGURES",),
)
