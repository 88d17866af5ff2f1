"""Tables, and images as rows of pixels: a class or a number for a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

FULL_BATCH = 20_000  # rows up to which one batch of all of them is quick and small
# Who chooses one of these wants to see how gradient descent goes with it.
_OF_DESCENT = {
    "optimizer",
    "batch_size",
    "learning_rate",
    "schedule",
    "momentum",
    "warmup_epochs",
    "weight_decay",
    "clip_norm",
    "clip_value",
    "accumulate",
    "ema",
    "swa",
}


def convex_training(count: int, given: Mapping[str, Any], num_replicas: int) -> dict[str, Any]:
    """Training settings with which a linear model is at the minimum of its loss within seconds.

    Gradient descent crawls where features are correlated, and with batches it ends beside the
    minimum by their noise. L-BFGS on all rows needs some dozens of steps; it wants a smooth loss,
    which the absolute error and an L1 penalty are not.

    Args:
        count: number of training examples.
        given: settings that the user chose; one that concerns gradient descent keeps it.
        num_replicas: number of devices.

    Returns:
        Training settings by name; none where the page's own suit better.
    """
    smooth = not given.get("l1") and given.get("loss") != "mae"
    if not smooth or count > FULL_BATCH or num_replicas > 1 or _OF_DESCENT & set(given):
        return {}
    return {
        "optimizer": "lbfgs",
        "batch_size": "all",
        "learning_rate": 1.0,  # Newton's own step is tried first
        "schedule": "constant",
        "epochs": 60,
        # The minimum is what was asked for: the penalty keeps it from overfitting, no early stop.
        **({} if "monitor" in given else {"keep": "last"}),
    }
