"""Tables, and images as rows of pixels: a class or a number for a row."""

from kerasrecipes.recipe import Task

PREDICT = "kerasrecipes.inference.tables:predict_rows"

CLASSIFICATION = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:CLASS_FIGURES",))
REGRESSION = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:REGRESSION_FIGURES",))
PERCEPTRON = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:PERCEPTRON_FIGURES",))

# The target decides which of them it is.
ANY_TARGET = Task(predict=PREDICT, figures=("kerasrecipes.reports.tables:ALL_FIGURES",))
