"""Edge detection: an image of edges for an image."""

from kerasrecipes.recipe import Task

TASK = Task(
    predict="kerasrecipes.inference.edge_detection:edges",
    figures=("kerasrecipes.reports.edge_detection:EDGE_FIGURES",),
)
