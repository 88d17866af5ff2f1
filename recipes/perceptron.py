"""Perceptron: one step unit that learns a dividing line from its mistakes, in three ways.

`rule=trick` is the original: take one row at a time in random order, and where the step's answer is
wrong, add the row to the weights or take it away, w += η (y - ŷ) x. That is stochastic gradient
descent on the perceptron loss max(0, -y f), as `rule=perceptron` shows with batches. Both stop
caring once every row is right; the hinge loss max(0, 1 - y f) of `rule=hinge` goes on until the
line keeps its distance. Labels are -1 and +1. If no line divides the classes none of them ever
comes to rest: then a hidden layer is needed.

Paper: The Perceptron (Rosenblatt, 1958), https://doi.org/10.1037/h0042519

    kerasrecipes run perceptron
    kerasrecipes run perceptron --data xor
    kerasrecipes run perceptron --data rows.csv --target COLUMN rule=hinge
"""

from functools import partial
from typing import Any, Literal

from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.tables import separability
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.info import Info
from kerasrecipes.losses.perceptron import Perceptron
from kerasrecipes.models.perceptron import perceptron
from kerasrecipes.recipe import Objective, Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import tables as task
from kerasrecipes.training_settings import Training

LOSSES: dict[str, Any] = {
    "trick": partial(Perceptron, "trick"),
    "perceptron": Perceptron,
    "hinge": "hinge",
}


def prepare(splits: Splits) -> Splits:
    """Encode columns as numbers and the target as -1 and +1; note whether they are separable."""
    return separability.with_separability_note(prepare_table(splits, ("signed",)))


build = settings_of(perceptron, from_data={"inputs": task.FROM_DATA["inputs"]})


def objective(info: Info, *, rule: Literal["trick", "perceptron", "hinge"] = "trick") -> Objective:
    """Loss whose gradient is the rule.

    Args:
        info: metadata of the data.
        rule: update rule on a mistake; the trick needs `--batch-size 1`, which is the default.
    """
    return Objective(task="signed", loss=LOSSES[rule])


def search_space(hp) -> dict:
    """Rule, regularisation and learning rate."""
    return {
        "rule": hp.Choice("rule", ["trick", "perceptron", "hinge"]),
        "l2": hp.Choice("l2", [0.0, 1e-4, 1e-3, 1e-2]),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-1, sampling="log"),
    }


recipe = Recipe(
    topic="Fundamentals",
    task=task.PERCEPTRON,
    prepare=prepare,
    build=build,
    data={
        "placement": synthetic.table("placement"),
        "xor": synthetic.table("xor"),
        "breast_cancer": tables.sklearn("breast_cancer"),
        "csv": tables.csv(),
    },
    objective=objective,
    # One row at a time, as Rosenblatt's rule has it. On separable data the rate does not matter,
    # for weights begin at zero; on other data the cosine lets them come to rest.
    training=Training(
        epochs=30, batch_size=1, optimizer="sgd", learning_rate=3e-2, schedule="cosine"
    ),
    search_space=search_space,
    example="rows.csv",
)
