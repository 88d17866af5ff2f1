"""Classification of DNA: one class for a window of letters."""

from kerasrecipes.data.dna import encoding
from kerasrecipes.recipe import Task

TASK = Task(
    prepare=encoding.prepare,
    predict="kerasrecipes.inference.dna:classify",
    baseline="kerasrecipes.inference.dna:baseline",
    figures=("kerasrecipes.reports.dna:DNA_FIGURES",),
)
