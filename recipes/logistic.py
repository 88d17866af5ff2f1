"""Logistic regression: one sigmoid unit that gives the probability of the second of two classes.

The weighted sum of the features is squeezed into 0 … 1 and read as a probability; binary
cross-entropy, the negative logarithm of the probability given to the truth, is what the gradient
lowers. Its derivative by the weighted sum is just prediction minus truth, so a sure mistake pulls
hardest. The border is still a line.

Paper: The Regression Analysis of Binary Sequences (Cox, 1958),
https://doi.org/10.1111/j.2517-6161.1958.tb00292.x

    kerasrecipes run logistic
    kerasrecipes run logistic --data rows.csv --target COLUMN
"""

import keras

from kerasrecipes.data import synthetic, tables
from kerasrecipes.data.tables.prepare import prepare_table
from kerasrecipes.models.mlp import mlp
from kerasrecipes.recipe import Info, Recipe, Splits, Training
from kerasrecipes.tasks import tables as task


def prepare(splits: Splits) -> Splits:
    """Encode columns as numbers and the target as 0 and 1."""
    return prepare_table(splits, ("binary",))


def build(
    info: Info, *, l1: float = 0.0, l2: float = 3e-3, normalize_inputs: bool = True
) -> keras.Model:
    """Build the unit for the features at hand.

    Args:
        l1: weight of the sum of the weights' absolute values in the loss; it brings useless weights
            to zero.
        l2: weight of the sum of the weights' squares in the loss; it keeps separable data from
            endless weights.
        normalize_inputs: whether each feature is brought to mean 0 and variance 1 inside the model.
    """
    inputs = info.facts["inputs"] if normalize_inputs else None
    return mlp(
        info.input_shape,
        1,
        task="binary",
        hidden_layers=(),
        l1=l1,
        l2=l2,
        inputs=inputs,
        name="logistic",
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
    # Inputs are standardised, so that one learning rate suits every table.
    training=Training(
        epochs=100, batch_size=32, optimizer="adam", learning_rate=2e-2, schedule="cosine"
    ),
    search_space=search_space,
    example="rows.csv",
)
