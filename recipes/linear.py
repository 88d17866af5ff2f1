"""Linear regression by gradient descent: a weighted sum of the features, and what the loss makes of
outliers.

The squared error (mse) has one exact answer, which gradient descent approaches; but it weighs an
error of ten a hundred times as much as an error of one, so a few wrong rows draw the line to
themselves. The absolute error (mae) weighs every error alike, and Huber's loss is a parabola for
small errors and straight for large ones. Errors are counted in standard deviations of the target,
so one learning rate suits every unit.

Paper: Robust Estimation of a Location Parameter (Huber, 1964),
https://doi.org/10.1214/aoms/1177703732

    kerasrecipes run linear
    kerasrecipes run linear --data outliers loss=huber
    kerasrecipes run linear --data rows.csv --target COLUMN
"""

from functools import partial
from typing import Literal

import keras

from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.losses.scaled import Scaled
from kerasrecipes.models.mlp import mlp
from kerasrecipes.recipe import Info, Objective, Recipe, Splits, Training
from kerasrecipes.tasks import tables as task


def prepare(splits: Splits) -> Splits:
    """Encode columns as numbers and measure the target's mean and standard deviation."""
    return prepare_table(splits, ("regression",))


def build(
    info: Info, *, l1: float = 0.0, l2: float = 0.0, normalize_inputs: bool = True
) -> keras.Model:
    """Build a linear unit per target.

    Args:
        l1: weight of the sum of the weights' absolute values in the loss (the lasso).
        l2: weight of the sum of the weights' squares in the loss (ridge regression).
        normalize_inputs: whether each feature is brought to mean 0 and variance 1 inside the model.
    """
    return mlp(
        info.input_shape,
        len(info.targets),
        task="regression",
        hidden_layers=(),
        l1=l1,
        l2=l2,
        inputs=info.facts["inputs"] if normalize_inputs else None,
        target=info.facts["target"],
        name="linear",
    )


def objective(info: Info, *, loss: Literal["mse", "mae", "huber"] = "mse") -> Objective:
    """Loss in units of the target's standard deviation.

    Args:
        info: metadata of the data.
        loss: squared error, absolute error or Huber loss.
    """
    return Objective(
        task="regression", loss=partial(Scaled, loss, scale=tuple(info.facts["target"]["scale"]))
    )


def search_space(hp) -> dict:
    """Loss, regularisation and learning rate."""
    return {
        "loss": hp.Choice("loss", ["mse", "mae", "huber"]),
        "l1": hp.Choice("l1", [0.0, 1e-4, 1e-3, 1e-2]),
        "l2": hp.Choice("l2", [0.0, 1e-4, 1e-3, 1e-2]),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-1, sampling="log"),
    }


recipe = Recipe(
    topic="Fundamentals",
    task=task.REGRESSION,
    prepare=prepare,
    build=build,
    data={
        "diabetes": tables.sklearn("diabetes"),
        "outliers": synthetic.table("outliers"),
        "bmi": synthetic.table("bmi"),
        "diamonds": tables.tfds("diamonds"),
        "wine_quality": tables.tfds("wine_quality"),
        "csv": tables.csv(),
    },
    objective=objective,
    # Inputs and target are standardised, so that one learning rate suits every table.
    training=Training(
        epochs=150, batch_size=64, optimizer="adam", learning_rate=3e-2, schedule="cosine"
    ),
    search_space=search_space,
    example="rows.csv",
)
