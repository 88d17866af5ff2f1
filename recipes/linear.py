"""Linear regression: a weighted sum of the features, and what the loss makes of outliers.

The squared error (mse) has one exact answer, which L-BFGS finds in some dozens of steps on all rows
at once, and gradient descent (`--optimizer sgd`, `momentum`, `adam`) approaches; but it weighs an
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

from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.info import Info
from kerasrecipes.losses.scaled import Scaled
from kerasrecipes.models.mlp import linear_model
from kerasrecipes.recipe import Objective, Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import tables as task
from kerasrecipes.training_settings import Training


def prepare(splits: Splits) -> Splits:
    """Encode columns as numbers and measure the target's mean and standard deviation."""
    return prepare_table(splits, ("regression",))


build = settings_of(linear_model, from_data=task.FROM_DATA, without=("name",))


def objective(info: Info, *, loss: Literal["mse", "mae", "huber"] = "mse") -> Objective:
    """Loss in units of the target's standard deviation.

    Args:
        info: metadata of the data.
        loss: squared error, absolute error or Huber loss.
    """
    assert info.target is not None, "prepare_table measures the target of a regression"
    return Objective(task="regression", loss=partial(Scaled, loss, scale=info.target.scale))


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
    # For many rows, for the absolute error and an L1 penalty, and for whom chooses an optimizer:
    # inputs and target are standardised, so that one learning rate suits every table.
    training=Training(
        epochs=150, batch_size=64, optimizer="adam", learning_rate=3e-2, schedule="cosine"
    ),
    by_count=task.convex_training,
    search_space=search_space,
    example="rows.csv",
)
