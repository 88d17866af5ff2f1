"""Image classification: one label for an image."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.image_classification:classify",
    figures=("kerasrecipes.reports.image_classification:CLASSIFICATION_FIGURES",),
)

# A pretrained base is looked into as well, and may be trained in phases.
TRANSFER = Task(
    predict=TASK.predict,
    phases="kerasrecipes.training.fine_tuning:phases",
    figures=(*TASK.figures, "kerasrecipes.reports.image_features:SEEING_FIGURES"),
)
