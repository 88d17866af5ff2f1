"""Language modeling: the next token at every token of a text."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.language_modeling:generate_text",
    answers="kerasrecipes.inference.language_modeling:truth_probabilities",
    scores="kerasrecipes.inference.language_modeling:scores",
    baseline="kerasrecipes.inference.language_modeling:bigram_model",
    figures=("kerasrecipes.reports.language_modeling:LANGUAGE_FIGURES",),
)
