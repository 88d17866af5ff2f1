"""Translation: a sentence for a sentence."""

from kerasrecipes.data.text import translation
from kerasrecipes.recipe import Task

TASK = Task(
    prepare=translation.prepare,
    predict="kerasrecipes.inference.translation:translate",
    answers="kerasrecipes.inference.translation:answers",
    scores="kerasrecipes.inference.translation:scores",
    figures=("kerasrecipes.reports.translation:TRANSLATION_FIGURES",),
)
