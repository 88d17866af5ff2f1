"""Tables, and images as rows of pixels: a class or a number for a row."""

from kerasrecipes.data.dense_inputs import units
from kerasrecipes.preprocessing import plain
from kerasrecipes.recipe import Task

PREDICT = "kerasrecipes.inference.tables:predict_rows"

CLASSIFICATION = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:CLASS_FIGURES",))
REGRESSION = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:REGRESSION_FIGURES",))
PERCEPTRON = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:PERCEPTRON_FIGURES",))

# What builders for rows take from the metadata of the data; the target is that of a regression.
FROM_DATA = {
    "units": units,
    "task": lambda info: info.task,
    "inputs": lambda info: plain(info.inputs),
    "target": lambda info: plain(info.target),
}

# The target decides which of them it is.
ANY_TARGET = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:ALL_FIGURES",))
