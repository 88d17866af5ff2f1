"""Logistic regression: one sigmoid unit that gives the probability of the second of two classes.

The weighted sum of the features is squeezed into 0 … 1 and read as a probability; binary
cross-entropy, the negative logarithm of the probability given to the truth, is what the gradient
lowers. Its derivative by the weighted sum is just prediction minus truth, so a sure mistake pulls
hardest. The border is still a line.

Paper: The Regression Analysis of Binary Sequences (Cox, 1958),
https://doi.org/10.1111/j.2517-6161.1958.tb00292.x

The loss is convex: it has one minimum, which L-BFGS finds in some dozens of steps on all rows at
once; with an optimizer or a learning rate of your own it is gradient descent's to approach.

    kerasrecipes run logistic
    kerasrecipes run logistic --data rows.csv --target COLUMN
    kerasrecipes run logistic --optimizer adam
"""

from collections.abc import Mapping
from typing import Any

from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.models.mlp import linear_model
from kerasrecipes.recipe import Recipe, Splits
from kerasrecipes.settings import settings_of
from kerasrecipes.tasks import tables as task
from kerasrecipes.training_settings import Training


def prepare(splits: Splits) -> Splits:
    """Encode columns as numbers and the target as 0 and 1."""
    return prepare_table(splits, ("binary",))


def by_count(count: int, given: Mapping[str, Any], num_replicas: int) -> dict[str, Any]:
    """Regularisation and training for a number of rows.

    The penalty is that of a normal prior of variance 1 for each weight, which n rows outweigh:
    1/(2n) of its square beside their mean loss, scikit-learn's C=1.
    """
    return {"l2": 0.5 / count, **task.convex_training(count, given, num_replicas)}


# A little regularisation, for the weights of separable classes grow without end.
build = settings_of(
    linear_model, from_data=task.FROM_DATA, without=("name",), name="logistic", l2=3e-3
)


def search_space(hp) -> dict:
    """Regularisation and learning rate."""
    return {
        "l1": hp.Choice("l1", [0.0, 1e-4, 1e-3, 1e-2]),
        "l2": hp.Choice("l2", [0.0, 1e-4, 1e-3, 1e-2]),
        "learning_rate": hp.Float("learning_rate", 1e-3, 1e-1, sampling="log"),
    }


recipe = Recipe(
    topic="Fundamentals",
    task=task.CLASSIFICATION,
    prepare=prepare,
    build=build,
    data={
        "breast_cancer": tables.sklearn("breast_cancer"),
        "placement": synthetic.table("placement"),
        "moons": synthetic.table("moons"),
        "titanic": tables.tfds("titanic"),
        "csv": tables.csv(),
    },
    objective="binary",
    # For many rows and for whom chooses an optimizer: inputs are standardised, so that one learning
    # rate suits every table.
    training=Training(
        epochs=100, batch_size=32, optimizer="adam", learning_rate=2e-2, schedule="cosine"
    ),
    by_count=by_count,
    search_space=search_space,
    example="rows.csv",
)
