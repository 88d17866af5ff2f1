"""Text classification: one label for a text."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.text_classification:classify",
    baseline="kerasrecipes.inference.bag_of_words:bag_of_words",
    phases="kerasrecipes.tasks.text_encoders:phases",
    phases_when={"encoder": "bert"},
    figures=("kerasrecipes.reports.text_classification:TEXT_FIGURES",),
)
